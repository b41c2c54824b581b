"""States, their codes by year, and how publishers' labels resolve to them."""

import pandas as pd
import pytest

from pkstats.errors import UnknownState
from pkstats.registry.states import _labels, resolve_states, state, states_table

SCHEMES = ["gw", "cow", "iso3", "iso2", "m49", "name"]


def resolve(code, scheme, year=None):
    return resolve_states(pd.Series([code]), scheme, year)[0]


def test_namibia_keeps_its_two_letter_code():
    table = states_table()
    assert set(table.loc[table["state"] == 565, "iso2"]) == {"NA"}
    assert resolve("NA", "iso2", 2000) == 565


def test_state_and_year_are_unique_and_reach_from_1946_to_2025():
    table = states_table()
    assert not table.duplicated(["state", "year"]).any()
    assert (table["year"].min(), table["year"].max()) == (1946, 2025)
    assert len(table[(table["year"] == 2025) & table["member"]]) == 197


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_code_maps_back_to_its_state(scheme):
    coded = states_table().dropna(subset=[scheme])
    answer = resolve_states(coded[scheme], scheme, coded["year"])
    wrong = coded.loc[answer.ne(coded["state"]).fillna(True), ["state", "year"]]
    # COW counts one Yugoslavia in 2006, where Gleditsch and Ward count two states.
    expected = [[345, 2006]] if scheme == "cow" else []
    assert wrong.to_numpy().tolist() == expected


@pytest.mark.parametrize("scheme", [s for s in SCHEMES if s != "cow"])
def test_no_two_states_share_a_code_in_a_year(scheme):
    coded = states_table().dropna(subset=[scheme])
    assert not coded.duplicated([scheme, "year"]).any()


@pytest.mark.parametrize(
    ("code", "scheme", "year", "expected"),
    [
        ("YUG", "iso3", 1990, 345),
        ("SCG", "iso3", 2004, 345),
        ("SRB", "iso3", 1995, 345),
        ("SRB", "iso3", 2006, 340),
        (345, "gw", 2006, 345),
        (345, "gw", 2024, 340),
        (345, "cow", 2010, 340),
        ("Serbia (Yugoslavia)", "name", 1999, 345),
        ("RUS", "iso3", 1985, 365),
        ("DEU", "iso3", 1985, 260),
        ("DDR", "iso3", 1985, 265),
        (255, "cow", 1990, 260),
        ("Yemen", "name", 1980, 678),
        ("South Yemen", "name", 1980, 680),
        (679, "cow", 1963, 678),
        ("VNM", "iso3", 1965, 816),
        ("South Vietnam", "name", 1965, 817),
        (231, "m49", 1980, 530),
        (230, "m49", 1980, 530),
        ("ZAR", "iso3", 1990, 490),
        ("COD", "iso3", 1990, 490),
        ("XKX", "iso3", 2000, 347),
        ("KEN", "iso3", 1955, 501),
        ("Cote d’Ivoire", "name", 2005, 437),
        ("Trinidad & Tobago", "name", 2005, 52),
    ],
)
def test_codes_out_of_their_years_resolve_to_the_nearest_holder(code, scheme, year, expected):
    assert resolve(code, scheme, year) == expected


def test_sudan_changes_its_number_when_south_sudan_leaves():
    assert (state(625, 2010).m49, state(625, 2011).m49) == (736, 729)
    assert resolve("SDN", "iso3", 2005) == resolve(729, "m49", 2005) == 625
    assert resolve("SSD", "iso3", 2012) == 626
    with pytest.raises(UnknownState, match="2011–2025"):
        state("South Sudan", 2005)


def test_timor_is_a_territory_before_2002():
    before, after = state("Timor-Leste", 2000), state("Timor-Leste", 2002)
    assert (before.iso3, before.member) == ("TMP", False)
    assert (after.iso3, after.member) == ("TLS", True)


def test_a_code_equally_far_from_two_states_resolves_to_neither():
    # CS was Czechoslovakia's to 1992 and Serbia and Montenegro's from 2003.
    years = pd.Series([1992, 1997, 1998, 2003])
    answer = resolve_states(pd.Series(["CS"] * 4), "iso2", years)
    assert answer.tolist() == [315, 315, 345, 345]
    assert pd.isna(resolve("no such state", "name"))


def test_refused_labels_say_why_and_the_others_resolve():
    labels = _labels()
    assert not labels["key"].duplicated().any()
    assert (labels["state"].notna() | labels["reason"].ne("")).all()
    assert labels["state"].dropna().isin(states_table()["state"]).all()
    assert resolve_states(labels["label"], "name").isna().equals(labels["state"].isna())
    with pytest.raises(UnknownState, match=r"MINURSO's host is Morocco \(600\)"):
        state("ESH")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Congo (the Democratic Republic of the)", 490),
        ("Netherlands (the)", 210),
        ("Niger (the)", 436),
        ("Tanzania, the United Republic of", 510),
        ("Bahamas, The", 31),
        ("The Gambia", 420),
        ("Somalia, Fed. Rep.", 520),
        ("Burma/Myanmar", 775),
        ("Republic of Vietnam", 817),
        ("Russia (Soviet Union)", 365),
        ("Yemen South", 680),
    ],
)
def test_a_name_resolves_as_iso_the_world_bank_vdem_ucdp_and_polity_write_it(name, expected):
    assert resolve(name, "name") == expected


@pytest.mark.parametrize("column", ["iso.name.en", "un.name.en", "vdem.name", "p4.name"])
def test_a_published_list_of_names_resolves_to_its_own_numbers(source, column):
    frame = pd.read_csv(
        source("state_codes/codelist_without_cldr.csv"), dtype="str", keep_default_na=False
    )
    frame = frame[(frame["gwn"] != "") & (frame[column] != "")]
    numbers = frame["gwn"].astype("int64").replace(815, 816)  # the list has Vietnam before 1893
    kept = numbers.isin(states_table()["state"])
    assert kept.sum() > 165
    assert resolve_states(frame[column], "name")[kept].eq(numbers[kept]).all()


def test_an_unknown_name_gives_near_matches():
    with pytest.raises(UnknownState, match="Mozambique"):
        state("Mozambik")


def test_resolving_does_not_depend_on_order_or_index():
    table = states_table()
    codes, years = table["iso3"], table["year"]
    shuffled = table.sample(frac=1, random_state=1)
    answer = resolve_states(shuffled["iso3"], "iso3", shuffled["year"])
    pd.testing.assert_series_equal(answer.sort_index(), resolve_states(codes, "iso3", years))
    doubled = pd.Series(["SDN", None, "SRB"], index=[7, 7, 7])
    years = pd.Series([2005, 2005, None], index=[7, 7, 7])
    answer = resolve_states(doubled, "iso3", years)
    assert answer.index.tolist() == [7, 7, 7]
    assert answer.fillna(-1).tolist() == [625, -1, 340]


def test_misaligned_years_and_unknown_schemes_are_refused():
    with pytest.raises(ValueError, match="index"):
        resolve_states(pd.Series(["SDN"]), "iso3", pd.Series([2000], index=[3]))
    with pytest.raises(ValueError, match="scheme"):
        resolve_states(pd.Series(["SDN"]), "fips")


def test_the_table_handed_out_is_a_copy():
    mine = states_table()
    mine["name"] = ""
    assert state("HTI").name == "Haiti"
    assert repr(state("HTI")) == "<State 41 Haiti (HTI), 2025>"
