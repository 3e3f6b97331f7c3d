"""Certificate authorities that no box belongs to."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_authority() -> str:
    """A self-signed authority, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody else's authority")])
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    authority = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return authority.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
