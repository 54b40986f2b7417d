"""The closed list of markup that a stored provision may hold: Akoma Ntoso 3.0 names, without namespace.

Importers write nothing else, sanitising refuses everything else, and rendering knows each name. Formulas that are
mathematics stay MathML, inside `foreign`. No attribute carries style or script; `href` is checked by `SAFE_HREF`.
"""

import re


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


BLOCK_ELEMENTS = _names(
    """hcontainer part chapter division section subsection article paragraph subparagraph clause subclause point list
    num heading subheading intro content wrapUp p blockList listIntroduction item listWrapUp table caption tr th td ul
    li blockContainer block embeddedText quotedStructure recital citation preamble formula foreign"""
)
INLINE_ELEMENTS = _names(
    """def term ref rref mref i b u sup sub span inline br img authorialNote remark ins del quotedText docTitle
    docNumber docDate"""
)
MATH_ELEMENTS = _names(
    """math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mfenced menclose mpadded mphantom msub msup msubsup
    munder mover munderover mmultiscripts mprescripts none mtable mtr mtd merror semantics"""
)
VOID_ELEMENTS = frozenset({"br", "img"})
ALLOWED_ELEMENTS = BLOCK_ELEMENTS | INLINE_ELEMENTS | MATH_ELEMENTS

ALLOWED_ATTRIBUTES = _names("""eId href title class name colspan rowspan alt src refersTo type placement marker lang""")
"""Allowed on any element; `lang` is what AKN writes as xml:lang."""

SAFE_HREF = re.compile(r"\A(?:#[^\s<>\"']+|/[^/\s<>\"'][^\s<>\"']*|https?://[^\s<>\"']+|mailto:[^\s<>\"']+)\Z")
"""What `href` and `src` may be: a place in the same work, a path on this platform, or an address on the web."""
