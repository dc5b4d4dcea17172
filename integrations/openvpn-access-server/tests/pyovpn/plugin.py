"""The two verdicts of a post-auth script, with the numbers seen in Access Server's logs."""

SUCCEED = 0
FAIL = 1
