"""Host-side logic of bongsu: the standard library only, Python 3.11 to 3.13."""
