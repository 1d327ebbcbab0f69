"""A configuration that somebody sees or changes: its secrets stay where they are."""

SECRETS = ("password", "token")


def shown(content):
    """The configuration without its secrets."""
    if isinstance(content, dict):
        return {k: ("***" if content[k] else "") if k in SECRETS else shown(content[k]) for k in content}
    if isinstance(content, list):
        return [shown(v) for v in content]
    return content


def merged(old, new):
    """`new` over `old`; a secret that is `***` stays what it was."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = dict(old)
        for key in new:
            if not (key in SECRETS and new[key] == "***"):
                both[key] = merged(old.get(key), new[key])
        return both
    if isinstance(old, list) and isinstance(new, list):
        return [merged(old[i] if i < len(old) else None, new[i]) for i in range(len(new))]
    return new
