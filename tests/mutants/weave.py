"""Writes mutants into a source file, each behind a question that is asked at run time: whether it is the active one.

So that one build holds all of them. What a mutant puts in the place of an expression becomes a branch beside it:

    a > b        (if crate::mutant::active(1) {a >= b} else {a > b})

Comments in the written text name the mutants of each part, so that an error of the compiler tells whose it is.
"""

import re
import sys
from dataclasses import dataclass, field

from tools import tree_sitter

sys.path.insert(0, str(tree_sitter()))

import tree_sitter_rust  # noqa: E402
from tree_sitter import Language, Parser  # noqa: E402

PARSER = Parser(Language(tree_sitter_rust.language()))
OPERATIONS = ("binary_expression", "compound_assignment_expr", "unary_expression")
# Whatever stands in one of these is computed when it is compiled, unless a function stands between.
CONSTANT = ("const_item", "static_item", "array_type", "enum_variant", "const_block", "token_tree", "attribute_item")
FUNCTION = ("function_item", "closure_expression")


class NotExpressible(Exception):
    """The mutant cannot be written as a question that is asked at run time."""


@dataclass
class Site:
    """What is written before and behind a part of the source, for some mutants."""
    start: int
    end: int
    before: str
    after: str = ""


@dataclass
class Source:
    """A source file and its syntax tree."""
    text: bytes
    starts: list[int] = field(init=False)

    def __post_init__(self):
        self.tree = PARSER.parse(self.text)
        self.starts = [0]
        for line in self.text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, place):
        """Returns the byte that a line and a column mean; columns count characters."""
        start = self.starts[place["line"] - 1]
        line = self.text[start:self.starts[place["line"]]].decode()
        return start + len(line[:place["column"] - 1].encode())

    def node(self, mutant, kinds, exact=False):
        """Returns the innermost node of some kind around the span of a mutant, and the ends of that span."""
        start, end = self.offset(mutant["span"]["start"]), self.offset(mutant["span"]["end"])
        node = self.tree.root_node.descendant_for_byte_range(start, end)
        while node and (node.type not in kinds or exact and (node.start_byte, node.end_byte) != (start, end)):
            node = node.parent
        if not node or constant(node):
            raise NotExpressible
        return node, start, end

    def of(self, node):
        """Returns the text of a node."""
        return self.text[node.start_byte:node.end_byte].decode()


def constant(node):
    """Returns whether an expression is computed when it is compiled."""
    while node and node.type not in FUNCTION:
        if node.type in CONSTANT:
            return True
        node = node.parent
    return False


def active(number):
    return f"crate::mutant::active({number})"


def instead(number, text):
    """Marks what a mutant puts in the place of something."""
    return f"/*={number}*/{text}/*]*/"


def choice(node, alternatives):
    """Puts other texts beside an expression, each with the number of its mutant."""
    numbers = ",".join(str(number) for number, _ in alternatives)
    branches = "".join(f"if {active(number)} {{{instead(number, text)}}} else " for number, text in alternatives)
    return Site(node.start_byte, node.end_byte, f"/*[{numbers}*/({branches}{{", "})/*]*/")


def operation(source, mutant):
    """Returns an expression and what it becomes with another operator, or without its operator."""
    node, start, end = source.node(mutant, OPERATIONS)
    before, after = source.text[node.start_byte:start], source.text[end:node.end_byte]
    return node, (before + mutant["replacement"].encode() + after).decode()


def without_field(source, mutant):
    """Returns the expression of a struct and what it becomes without one of its fields."""
    node, start, end = source.node(mutant, ("struct_expression",))
    before, after = source.text[node.start_byte:start], source.text[end:node.end_byte]
    return node, (before + after.lstrip().removeprefix(b",")).decode()


def guard(source, mutant):
    """Returns the condition of a match arm and what comes instead."""
    start, end = source.offset(mutant["span"]["start"]), source.offset(mutant["span"]["end"])
    node = source.tree.root_node.descendant_for_byte_range(start, end)
    if (node.start_byte, node.end_byte) != (start, end):
        raise NotExpressible
    return node, mutant["replacement"]


def value(source, mutant, number):
    """Returns from the beginning of a function with another value."""
    # A type that the body decides is another one for each body.
    if "impl " in mutant["function"]["return_type"]:
        raise NotExpressible
    node, start, _ = source.node(mutant, ("block",))
    text = f"/*[{number}*/if {active(number)} {{ return {instead(number, mutant['replacement'])}; }}/*]*/ "
    return Site(start, start, text)


def arm(source, mutant, number):
    """Makes a match arm one that does not match."""
    node, _, _ = source.node(mutant, ("match_arm",))
    pattern = node.child_by_field_name("pattern")
    condition = pattern.child_by_field_name("condition")
    if condition:
        before = f"/*[{number}*/!{active(number)} && (/*]*/"
        return Site(condition.start_byte, condition.end_byte, before, ")")
    return Site(pattern.end_byte, pattern.end_byte, f"/*[{number}*/ if !{active(number)}/*]*/")


ALTERNATIVE = {"BinaryOperator": operation, "UnaryOperator": operation, "StructField": without_field,
               "MatchArmGuard": guard}
INSERTED = {"FnValue": value, "MatchArm": arm}


def sites(source, mutants):
    """Returns the sites of some numbered mutants, and the numbers of those that cannot be expressed."""
    found, choices, left = [], {}, []
    for number, mutant in mutants:
        try:
            if mutant["genre"] in INSERTED:
                found.append(INSERTED[mutant["genre"]](source, mutant, number))
            else:
                node, text = ALTERNATIVE[mutant["genre"]](source, mutant)
                choices.setdefault((node.start_byte, node.end_byte), (node, []))[1].append((number, text))
        except (NotExpressible, KeyError):
            left.append(number)
    # An arm's own condition stands around what is chosen for the condition, so it comes first.
    return found + [choice(node, texts) for node, texts in choices.values()], left


def woven(text, mutants):
    """Returns a source with some numbered mutants written into it, and the numbers of those that cannot be."""
    source = Source(text)
    found, left = sites(source, mutants)
    at = {}
    # A site without a length stands before whatever begins there; the longer stands around the shorter.
    for site in sorted(found, key=lambda site: (site.end > site.start, -site.end)):
        at.setdefault(site.start, ([], []))[1].append(site.before)
    for site in sorted(found, key=lambda site: site.start):
        if site.after:
            at.setdefault(site.end, ([], []))[0].insert(0, site.after)
    return written(source.text, at), left


def written(text, at):
    """Puts texts at some places of a source: first what ends there, then what begins there."""
    out, last = [], 0
    for place in sorted(at):
        ends, begins = at[place]
        out += [text[last:place], "".join(ends).encode(), "".join(begins).encode()]
        last = place
    return b"".join(out) + text[last:]


def blamed(text, offset):
    """Returns the numbers of the mutants in whose part of a written text a byte stands, and whether it stands in what
    comes instead."""
    stack = [(b"", b"")]
    for mark in re.finditer(rb"/\*(?:([\[=])([\d,]+)|\])\*/", text[:offset]):
        stack = [*stack, (mark[1], mark[2])] if mark[1] else stack[:-1]
    kind, numbers = stack[-1]
    return [int(number) for number in numbers.split(b",") if number], kind == b"="


def matched(text, offset):
    """Returns the numbers of the mutants in the match whose head has a byte of a written text."""
    node = PARSER.parse(text).root_node.descendant_for_byte_range(offset, offset)
    while node and node.type != "match_expression":
        node = node.parent
    part = text[node.start_byte:node.end_byte] if node else b""
    return {int(number) for number in re.findall(rb"/\*\[(\d+)\*/", part)}
