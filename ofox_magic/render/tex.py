"""
Which TeX may be typeset. Pure.

A closed list of macros and environments that draw and do nothing else. The front end's MathJax knows others that
link, style, define, set ids or load files, and learns new ones with every version, so a list of the bad ones would
age. What is not on this list is shown as code.
"""

import re

MAX_LENGTH = 4000  # characters of one formula

_GREEK = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi pi varpi rho
varrho sigma varsigma tau upsilon phi varphi chi psi omega digamma Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
Omega omicron
"""
_LETTERS = """
hbar hslash ell wp Re Im aleph beth gimel daleth partial nabla infty emptyset varnothing imath jmath eth complement
forall exists nexists top bot angle measuredangle sphericalangle triangle Box Diamond square blacksquare lozenge
blacklozenge bigstar clubsuit diamondsuit heartsuit spadesuit flat natural sharp surd prime backprime checkmark dag
ddag dagger ddagger S P copyright pounds yen degree mho AA
"""
_OPERATORS = """
pm mp times div ast star circ bullet cdot cap cup uplus sqcap sqcup vee wedge land lor lnot neg setminus smallsetminus
wr diamond bigtriangleup bigtriangledown triangleleft triangleright oplus ominus otimes oslash odot bigcirc amalg
ltimes rtimes dotplus barwedge veebar doublebarwedge Cap Cup boxplus boxminus boxtimes boxdot circledast
sum prod coprod int iint iiint iiiint oint bigcap bigcup bigsqcup bigvee bigwedge bigodot bigotimes bigoplus biguplus
intop smallint
"""
_RELATIONS = """
le leq ge geq ne neq equiv prec succ preceq succeq sim simeq asymp approx approxeq cong doteq propto models perp mid
nmid parallel nparallel ll gg lll ggg subset supset subseteq supseteq subsetneq supsetneq nsubseteq nsupseteq sqsubset
sqsupset sqsubseteq sqsupseteq in ni notin owns vdash dashv vDash Vdash bowtie smile frown lesssim gtrsim lessgtr
gtrless leqslant geqslant lneq gneq nless ngtr nleq ngeq triangleq circeq bumpeq Bumpeq thicksim thickapprox because
therefore between pitchfork backsim coloneqq eqqcolon colon coloneq ncong nsim lt gt
"""
_ARROWS = """
leftarrow rightarrow uparrow downarrow leftrightarrow updownarrow Leftarrow Rightarrow Uparrow Downarrow Leftrightarrow
Updownarrow to gets mapsto longmapsto longleftarrow longrightarrow longleftrightarrow Longleftarrow Longrightarrow
Longleftrightarrow implies impliedby iff hookleftarrow hookrightarrow leftharpoonup leftharpoondown rightharpoonup
rightharpoondown rightleftharpoons leftrightharpoons rightsquigarrow leadsto nearrow searrow swarrow nwarrow
twoheadrightarrow twoheadleftarrow upharpoonright restriction nrightarrow nleftarrow nRightarrow nLeftarrow
circlearrowleft circlearrowright curvearrowleft curvearrowright xrightarrow xleftarrow
"""
_DELIMITERS = """
left right middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm langle rangle
lvert rvert lVert rVert vert Vert lfloor rfloor lceil rceil lbrace rbrace lbrack rbrack lgroup rgroup lmoustache
rmoustache ulcorner urcorner llcorner lrcorner backslash
"""
_FUNCTIONS = """
arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr
sec sin sinh sup tan tanh mod bmod pmod pod operatorname injlim projlim varlimsup varliminf
"""
_ACCENTS = """
hat widehat check tilde widetilde acute grave dot ddot dddot ddddot breve bar vec mathring overline underline overbrace
underbrace overrightarrow overleftarrow overleftrightarrow underrightarrow underleftarrow overset underset stackrel
overparen underparen cancel bcancel xcancel boxed not
"""
_STRUCTURE = """
frac dfrac tfrac cfrac binom dbinom tbinom sqrt root of over atop choose brace brack above substack sideset limits
nolimits displaystyle textstyle scriptstyle scriptscriptstyle begin end hline cr text textrm textbf textit textsf texttt
textnormal mbox hbox phantom hphantom vphantom smash prescript tag* notag nonumber
"""
_FONTS = """
mathrm mathbf mathit mathsf mathtt mathcal mathscr mathfrak mathbb mathnormal boldsymbol bm pmb rm bf it sf tt cal frak
Bbb mathop mathbin mathrel mathord mathopen mathclose mathpunct mathinner
"""
_SPACING = """
quad qquad thinspace medspace thickspace negthinspace enspace space nobreakspace hfill dots ldots cdots vdots ddots
dotsb dotsc dotsi dotsm dotso
"""
MACROS = frozenset(
    " ".join(
        (
            *(_GREEK, _LETTERS, _OPERATORS, _RELATIONS, _ARROWS, _DELIMITERS, _FUNCTIONS, _ACCENTS, _STRUCTURE),
            *(_FONTS, _SPACING),
        )
    ).split()
)
ENVIRONMENTS = frozenset(
    [
        "equation",
        "equation*",
        "align",
        "align*",
        "aligned",
        "alignat",
        "alignat*",
        "alignedat",
        "gather",
        "gather*",
        "gathered",
        "multline",
        "multline*",
        "split",
        "matrix",
        "pmatrix",
        "bmatrix",
        "Bmatrix",
        "vmatrix",
        "Vmatrix",
        "smallmatrix",
        "cases",
        "rcases",
        "array",
        "subarray",
        "eqnarray",
        "eqnarray*",
    ]
)
_MACRO = re.compile(r"\\([A-Za-z]+)")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*(?:\{([^{}]*)\})?")


def may_typeset(tex: str) -> bool:
    """Return whether all that *tex* uses is on the lists."""
    if len(tex) > MAX_LENGTH or any(name not in MACROS for name in _MACRO.findall(tex)):
        return False
    return all(name in ENVIRONMENTS for name in _ENVIRONMENT.findall(tex))
