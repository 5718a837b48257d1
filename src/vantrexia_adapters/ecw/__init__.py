"""eClinicalWorks: the core's ``EhrRoster`` over its FHIR R4 API, signed in by SMART Backend Services.

`protocol` decides without a socket; `roster` drives it over the transport of `vantrexia_adapters.http`.
"""

from vantrexia_adapters.ecw.assertion import ClientAssertions, ClientKeys, SigningKey
from vantrexia_adapters.ecw.calls import CallBudget
from vantrexia_adapters.ecw.client_keys import ClientKeyError, ClientKeyFile, Use
from vantrexia_adapters.ecw.connection import EcwConnection
from vantrexia_adapters.ecw.protocol import EcwProtocol
from vantrexia_adapters.ecw.roster import EcwRoster

__all__ = [
    "CallBudget",
    "ClientAssertions",
    "ClientKeyError",
    "ClientKeyFile",
    "ClientKeys",
    "EcwConnection",
    "EcwProtocol",
    "EcwRoster",
    "SigningKey",
    "Use",
]
