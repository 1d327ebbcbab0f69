"""Everything about new firmware: handed to the doors for people as one."""

from dataclasses import dataclass

from ohmstead.services.downloads import Downloads
from ohmstead.services.release_keys import ReleaseKeys
from ohmstead.services.releases import Releases
from ohmstead.services.rollouts import Rollouts


@dataclass(slots=True)
class Updates:
    keys: ReleaseKeys
    releases: Releases
    rollouts: Rollouts
    downloads: Downloads
