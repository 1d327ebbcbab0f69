"""Everything about rules and alerts: handed to the doors for people as one."""

from dataclasses import dataclass

from ohmstead.services.alert_inbox import AlertInbox
from ohmstead.services.rule_preview import Previews
from ohmstead.services.rules import Rules


@dataclass(slots=True)
class Alerting:
    rules: Rules
    inbox: AlertInbox
    previews: Previews
