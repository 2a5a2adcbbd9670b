"""How much of tables may be told."""

import pytest

from ofox_magic.context.sharing import Sharing
from ofox_magic.errors import ConfigError


def test_a_sample_is_told_where_nothing_was_said():
    assert Sharing().rule(["df"]) == ("sample", frozenset())


def test_a_turn_can_ask_for_more_than_the_default():
    assert Sharing().rule(["df"], "full")[0] == "full"


def test_a_turn_can_lower_what_was_set_and_never_lift_it():
    sharing = Sharing()
    sharing.set_level("df", "stats")
    assert sharing.rule(["df"], "full")[0] == "stats"
    assert sharing.rule(["df"], "schema")[0] == "schema"


def test_of_several_names_the_strictest_rule_holds_and_all_masks():
    sharing = Sharing()
    sharing.set_level("a", "stats")
    sharing.set_mask("a", ["mail"])
    sharing.set_mask("b", ["phone"])
    assert sharing.rule(["b", "a", "c"]) == ("stats", {"mail", "phone"})


def test_a_mask_leaves_the_level_to_the_default():
    sharing = Sharing()
    sharing.set_mask("df", ["mail"])
    sharing.set_level("", "full")
    assert sharing.rule(["df"]) == ("full", {"mail"})


def test_the_default_holds_for_all_others():
    sharing = Sharing()
    sharing.set_level("", "schema")
    sharing.set_level("df", "sample")
    assert sharing.rule(["other"])[0] == "schema"
    assert sharing.rule(["df"])[0] == "sample"


@pytest.mark.parametrize("restrict", [("df", "stats"), ("", "schema")])
def test_it_knows_whether_values_are_kept_back(restrict):
    sharing = Sharing()
    assert not sharing.is_restricted
    sharing.set_level(*restrict)
    assert sharing.is_restricted


def test_what_was_set_can_be_forgotten():
    sharing = Sharing()
    sharing.set_mask("df", ["mail"])
    assert sharing.is_restricted
    sharing.forget("df")
    assert not sharing.is_restricted


def test_another_level_is_refused_in_one_line():
    with pytest.raises(ConfigError, match="a level is one of schema, stats, sample, full; got 'all'"):
        Sharing().set_level("df", "all")
