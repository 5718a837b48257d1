"""What the comparison of people takes from libraries: string distances and phone numbers."""

from vantrexia_adapters.matching.phones import LibPhoneNumbers
from vantrexia_adapters.matching.texts import RapidfuzzTexts

__all__ = ["LibPhoneNumbers", "RapidfuzzTexts"]
