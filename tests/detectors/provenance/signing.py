"""A certificate chain made on the spot, and pictures signed with it."""

import datetime
import io
from functools import cache
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
QUIET = {"verify": {"verify_after_sign": False}, "builder": {"thumbnail": {"enabled": False}}}


def sign(data: bytes, *, maker: str = "Camera 7", elsewhere: str = "", mime: str = "image/jpeg") -> bytes:
    """The picture with a manifest that says a model made it. elsewhere: only the address of one."""
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": SOURCE}]}
    manifest = {
        "claim_generator_info": [{"name": maker, "version": "1"}],
        "assertions": [{"label": "c2pa.actions", "data": actions}],
    }
    signed = io.BytesIO()
    with c2pa.Builder(manifest, context=c2pa.Context.from_dict(QUIET)) as builder:
        if elsewhere:
            builder.set_no_embed()
            builder.set_remote_url(elsewhere)
        builder.sign(_signer(), mime, io.BytesIO(data), signed)
    return signed.getvalue()


@cache
def _signer() -> c2pa.Signer:
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = [_certify("Anna <b>Reporter</b>", key, authority), _certify("Authority", authority, authority)]
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem = b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(alg=b"es256", sign_cert=pem, private_key=secret, ta_url=None))


def _certify(name: Any, key: Any, authority: Any) -> x509.Certificate:
    now, top = datetime.datetime.now(datetime.UTC), key is authority
    named = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, "Test Press")]
    subject = x509.Name([x509.NameAttribute(*part) for part in named])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
        now + datetime.timedelta(days=9)
    )
    extensions = [
        (x509.BasicConstraints(ca=top, path_length=None), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=top, crl_sign=top, **usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False),
        *([] if top else [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)]),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority, hashes.SHA256())
