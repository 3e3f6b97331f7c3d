"""A second reader of Streife's formats, written from the format description alone.

It shares no code with the product.  It takes an export of a box (a folder tree)
and decides whether every signature, hash, chain and commitment in it holds.
"""
