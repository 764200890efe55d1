"""The web pages: sign-in by OIDC, approvals, the client's API, health. No script runs on them."""
