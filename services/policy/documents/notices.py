"""What is said above a text that is not the law of today: in French for French texts, else in English."""

from datetime import date

from services.policy.documents.addresses import version_href
from services.policy.documents.domain import Expression, ProvisionRow

_NOTICES = {
    "superseded": (
        "Its publisher has corrected this text since; the text of this date is at {href}.",
        "Ce texte a depuis été corrigé par son éditeur ; le texte de cette date est à {href}.",
    ),
    "taken-out": (
        "Its publisher no longer carried this text by {day}; it is not given as law in force.",
        "Son éditeur ne publiait plus ce texte le {day} ; il n’est pas donné comme droit en vigueur.",
    ),
    "future": ("This text is to stand from {start} on.", "Ce texte s’appliquera à partir du {start}."),
    "past": (
        "This text stood from {start} until {end}; it is not the text of today.",
        "Ce texte s’appliquait du {start} au {end} ; ce n’est pas le texte d’aujourd’hui.",
    ),
    "repealed": ("This text is repealed.", "Ce texte est abrogé."),
    "not-in-force": ("This text is not in force.", "Ce texte n’est pas en vigueur."),
    "proposed": ("This text is a proposal.", "Ce texte est une proposition."),
}
_MARKS = {
    "not-in-force": ("Not in force", "Non en vigueur"),
    "related": ("Related provision, not part of the text in force", "Disposition connexe, hors du texte en vigueur"),
    "repealed": ("Repealed", "Abrogé"),
}
_EARLIER = (
    "Not a text held for {asked}: the first is of {first}. These words are given because they stand unchanged since "
    "{since} in everything that is held.",
    "Aucun texte n’est conservé pour le {asked} : le premier est du {first}. Ces mots sont donnés parce qu’ils sont "
    "inchangés depuis le {since} dans tout ce qui est conservé.",
)
_PARTIAL = (
    "Not a whole text: none is held for {asked}, the first is of {first}. Given is what stands unchanged since before "
    "that day in everything that is held: {given} of {all} provisions.",
    "Texte incomplet : aucun texte n’est conservé pour le {asked}, le premier est du {first}. Est donné ce qui est "
    "inchangé depuis avant ce jour dans tout ce qui est conservé : {given} dispositions sur {all}.",
)
_MISSING = {
    "not-held": ("{name}: how it read on that day is not held", "{name} : son texte à cette date n’est pas conservé"),
    "not-in-force": ("{name}: not in force on that day", "{name} : pas en vigueur à cette date"),
}


def notices(found: Expression, *, past: bool = True) -> list[str]:
    """Why this is not simply the law of today, perhaps without that another text took its place; empty where it is."""
    version, said = found.version, []
    if found.head.superseded:
        said.append("superseded")
    if version.taken_out is not None:
        said.append("taken-out")
    if version.date > found.today:
        said.append("future")
    elif past and found.next is not None and found.next.date <= found.today:
        said.append("past")
    if version.status in _NOTICES and not {"future", "taken-out"} & set(said):
        said.append(version.status)
    values = {
        "href": version_href(found.work.key, version.lang, version.date),
        "day": version.taken_out,
        "start": version.date,
        "end": found.next.date if found.next else None,
    }
    return [_words(_NOTICES[name], version.lang).format_map(values) for name in said]


def mark(row: ProvisionRow) -> str:
    """What a provision is marked with that is not in force; empty for one that is."""
    return _words(_MARKS[row.status], row.lang) if row.status in _MARKS else ""


def earlier_notice(lang: str, asked: date, first: date, since: date) -> str:
    """Above a provision that is given for a day before the first text held."""
    return _words(_EARLIER, lang).format(asked=asked, first=first, since=since)


def partial_notice(lang: str, asked: date, first: date, given: int, total: int) -> str:
    """Above what is known of such a day as a whole."""
    return _words(_PARTIAL, lang).format_map({"asked": asked, "first": first, "given": given, "all": total})


def missing_mark(lang: str, name: str, state: str) -> str:
    """In the place of a provision that cannot be given."""
    return _words(_MISSING[state], lang).format(name=name)


def _words(texts: tuple[str, str], lang: str) -> str:
    return texts[lang.partition("-")[0] == "fr"]
