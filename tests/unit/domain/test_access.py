"""The one permission table."""

import pytest

from ohmstead.domain.access import ROLES, SCOPES, Permission, Principal, Role
from ohmstead.domain.errors import Forbidden, NotFound


def a_person(role: Role, only: frozenset[int] | None = None) -> Principal:
    return Principal("pat", ROLES[role], user=1, role=role, only_devices=only)


def test_each_role_may_all_that_a_lesser_one_may() -> None:
    assert ROLES[Role.VIEWER] < ROLES[Role.OPERATOR] < ROLES[Role.ADMIN]
    assert ROLES[Role.ADMIN] == frozenset(Permission)


def test_no_scope_but_admin_reaches_users_tokens_or_audit() -> None:
    guarded = {Permission.USERS_EDIT, Permission.TOKENS_EDIT, Permission.AUDIT_READ, Permission.DEVICES_DELETE}
    for scope, permissions in SCOPES.items():
        assert scope == "admin" or not guarded & permissions, scope


def test_a_viewer_sees_assigned_devices_only_and_no_unclaimed_one() -> None:
    viewer = a_person(Role.VIEWER, frozenset({7}))
    assert viewer.may_see(7)
    assert not viewer.may_see(8)
    assert not viewer.may_see(7, claimed=False)
    with pytest.raises(NotFound):
        viewer.require_sight(8)


def test_an_operator_of_one_device_acts_on_that_one_as_operators_do() -> None:
    tenant = Principal("pat", ROLES[Role.VIEWER], user=1, only_devices=frozenset({7, 8}), operates=frozenset({7}))
    tenant.require_action(7, Permission.CONTROL)
    assert not tenant.may(Permission.CONTROL)
    assert not tenant.may_act_on(7, Permission.DEVICES_DELETE)
    with pytest.raises(Forbidden):
        tenant.require_action(8, Permission.CONTROL)
    with pytest.raises(NotFound):
        tenant.require_action(9, Permission.CONTROL)


def test_a_missing_permission_is_forbidden_by_name() -> None:
    with pytest.raises(Forbidden, match=r"devices\.claim"):
        a_person(Role.VIEWER).require(Permission.DEVICES_CLAIM)


def test_a_device_token_that_may_read_reaches_its_own_device_only() -> None:
    device = Principal("token", SCOPES["device"] | SCOPES["read"], device=3)
    assert device.may_see(3)
    assert not device.may_see(4)
    assert not Principal("token", SCOPES["device"], device=3).may_see(3)


def test_a_token_without_read_sees_no_device() -> None:
    assert not Principal("token", SCOPES["mqtt"]).may_see(1)
