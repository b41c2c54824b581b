"""Published models refitted from their files, and what happens with the wrong file."""

from __future__ import annotations

import shutil

import pytest

import pkstats as pk
from pkstats.errors import BadModel, UnreadableFile
from pkstats.models.replications import studies


@pytest.fixture
def folder(source):
    return source("replication")


@pytest.mark.parametrize("study", studies())
def test_every_published_number_agrees_at_its_printed_digits(folder, study):
    found = pk.replicate(study, folder / study)
    wrong = found.table[~found.table["agrees"]]
    assert found.agrees, wrong.to_string()
    assert len(found.table) >= 14


def test_the_path_may_be_the_file_under_any_name(folder, tmp_path):
    copy = shutil.copy(folder / "fortna2008" / "pk&pkept_old.dta", tmp_path / "renamed.dta")
    found = pk.replicate("fortna2008", copy)
    pk_dum = found.table.query("term == 'pk_dum'").set_index("quantity")
    assert pk_dum.loc["hazard_ratio", "published"] == 0.4271
    assert pk_dum.loc["estimate", "ours"] == pytest.approx(-0.8507, abs=5e-5)


def test_a_replication_reads_well(folder):
    found = pk.replicate("doyle_sambanis2000", folder / "doyle_sambanis2000")
    text = repr(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "16 of 16 published numbers agree" in text and "Doyle" in text
    assert "<table" in found._repr_html_() and "16 of 16" in found._repr_html_()
    assert list(found.table) == [
        "term", "quantity", "ours", "published", "digits", "difference", "agrees"
    ]  # fmt: skip


def test_a_number_that_differs_is_marked(folder, monkeypatch):
    from pkstats.models.replications import refit

    original = refit.fit
    # Without clusters the standard errors are others.
    monkeypatch.setattr(
        refit, "fit", lambda data, **model: original(data=data, **{**model, "cluster": None})
    )
    found = pk.replicate("fortna2008", folder / "fortna2008")
    assert not found.agrees
    assert "NO" in repr(found)
    assert set(found.table.loc[~found.table["agrees"], "quantity"]) == {"std_error", "clusters"}


def test_the_wrong_file_is_refused_with_what_was_expected(folder, tmp_path):
    with pytest.raises(UnreadableFile, match=r"206 rows.* has 192"):
        pk.replicate("fortna2008", folder / "fortna2008" / "pk&pkept.dta")
    with pytest.raises(UnreadableFile, match=r"holds HKS_AJPS_2013\.tab"):
        pk.replicate("fortna2008", folder / "hks2013")
    with pytest.raises(UnreadableFile, match="lacks osvAll"):
        pk.replicate("hks2013", folder / "doyle_sambanis2000" / "peace.csv")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        pk.replicate("fortna2008", folder / "doyle_sambanis2000" / "peace.csv")
    with pytest.raises(UnreadableFile, match="no file"):
        pk.replicate("hks2013", tmp_path / "absent.tab")
    with pytest.raises(UnreadableFile, match="holds nothing"):
        pk.replicate("hks2013", tmp_path)


def test_an_unknown_study_is_refused_with_those_known(tmp_path):
    with pytest.raises(BadModel, match="Did you mean 'fortna2008'"):
        pk.replicate("fortna2004", tmp_path)
