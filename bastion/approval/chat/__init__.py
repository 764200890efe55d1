"""How approvers are told: one file a kind of chat."""
