"""A phone that shares no code with the product.

`box` starts the reference box, `wire` speaks HTTP with tokens and proofs made by
joserfc and jwcrypto, `shift` seals and signs by the format pages.  Tests of the
contract and of foreign clients stand on it; other tools may, too.
"""
