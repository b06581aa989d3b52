"""What a picture's file says of where it comes from: signatures, camera, generator, JPEG tables.

It stands beside the verdicts and never enters them: all but a signature that holds can be forged or stripped in a
second, so what is absent is unknown, never suspicious.
"""

from detectors.provenance.read import read_provenance
from detectors.provenance.record import Credentials, JpegCoding, Provenance, Trace

__all__ = ["Credentials", "JpegCoding", "Provenance", "Trace", "read_provenance"]
