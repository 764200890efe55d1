"""Approvals: what is asked, who may answer, how the answer reaches the session that waits."""
