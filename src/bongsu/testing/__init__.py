"""`bongsu test`: every judge of this repository, in order of cost, from lint to whole labs."""
