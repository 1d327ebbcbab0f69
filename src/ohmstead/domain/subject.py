"""Who is recorded: people by pseudonym, in groups."""

from dataclasses import dataclass

from ohmstead.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """`body_mass_kg`: None means not known, never zero."""

    id: int
    pseudonym: str
    created_at: int
    body_mass_kg: float | None = None
    consent: str = ""
    note: str = ""
    groups: tuple[int, ...] = ()
    deleted_at: int | None = None


def checked_mass(kg: float | None) -> float | None:
    """Raises InvalidInput for what no body weighs; zero above all, by which everything would be divided."""
    if kg is not None and not 10 <= kg <= 400:
        raise InvalidInput(f"a body mass is 10–400 kg, not {kg:g}; leave it out when it is not known")
    return kg
