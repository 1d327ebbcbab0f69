"""Rules, and what they would have done."""

from typing import Annotated

from fastapi import APIRouter, Path

from ohmstead.api import rule_schemas as schemas
from ohmstead.api.auth import InjectedParts, Who
from ohmstead.api.parts import Parts
from ohmstead.domain.access import Principal
from ohmstead.domain.telemetry import MS
from ohmstead.services.alert_inbox import Tally
from ohmstead.services.rules import RuleSeen

router = APIRouter(prefix="/rules", tags=["rules"])
Id = Annotated[int, Path(ge=0, le=2**53)]


@router.get("")
async def rules(who: Who, parts: InjectedParts) -> list[schemas.RuleView]:
    return await _views(who, parts, parts.alerting.rules.visible(who))


@router.post("", status_code=201)
async def add_rule(body: schemas.NewRule, who: Who, parts: InjectedParts) -> schemas.RuleView:
    return (await _views(who, parts, [await parts.alerting.rules.add(who, body.body())]))[0]


@router.post("/preview")
async def preview_rule(body: schemas.PreviewBody, who: Who, parts: InjectedParts) -> schemas.PreviewView:
    rule = body.rule.body()
    start, end = (None if at is None else at * MS for at in (body.from_, body.to))
    preview = await parts.alerting.previews.preview(who, rule, start, end)
    return schemas.PreviewView.of(preview, parts.alerting.rules.sentence(rule))


@router.get("/{rule_id}")
async def rule(rule_id: Id, who: Who, parts: InjectedParts) -> schemas.RuleView:
    return (await _views(who, parts, [parts.alerting.rules.get(who, rule_id)]))[0]


@router.patch("/{rule_id}")
async def change_rule(rule_id: Id, body: schemas.RulePatch, who: Who, parts: InjectedParts) -> schemas.RuleView:
    return (await _views(who, parts, [await parts.alerting.rules.change(who, rule_id, body.changed)]))[0]


@router.delete("/{rule_id}", status_code=204)
async def remove_rule(rule_id: Id, who: Who, parts: InjectedParts) -> None:
    await parts.alerting.rules.remove(who, rule_id)


async def _views(who: Principal, parts: Parts, rules: list[RuleSeen]) -> list[schemas.RuleView]:
    tallies = await parts.alerting.inbox.tallies(who)
    return [schemas.RuleView.of(seen, tallies.get(seen.rule.id, Tally())) for seen in rules]
