"""A demo identity provider: real OpenID Connect, three accounts, loopback only.

    provider = DemoProvider(folder, redirect_uris=[...], clock=clock)   # server.py
    issuer = await provider.start()                                     # provider.password

It speaks discovery, JWKS, authorization code with PKCE, the device grant and userinfo, so that the
bastion is tried with the same code that meets a company's provider.

What always holds: it binds loopback only; there is one random password, because any local user can
reach loopback; there is no session, so each sign-in asks; what is under way is kept in memory and
forgotten by a restart. What it does not do: refresh tokens, logout, or any use in production.
"""
