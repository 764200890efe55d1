"""Identity by OpenID Connect: discovery, the two sign-in flows, and the check of an ID token.

    provider = Provider(settings, http, clock)
    begun = await CodeFlow(provider).begin(redirect_uri)          # a browser goes to begun.url
    tokens = await CodeFlow(provider).finish(code, begun)         # after begun.matches(state)
    verified = await verify(provider, tokens.id_token, nonce=begun.nonce)   # verified.person

    code = await DeviceFlow(provider, clock).start()              # shown to a person
    tokens = await DeviceFlow(provider, clock).poll(code)
    verified = await Trust([provider]).accept(tokens.id_token)     # by any of several issuers

What always holds: every failure, of the network or of the provider or of the token, is a
`bastion.errors.TokenError` with a sentence for a person that holds no secret; a raw ID token is
worth nothing until `bastion.oidc.id_token.verify` turned it into a `Person`. What it does not do:
keep a token, refresh one, or know what a person may do.
"""
