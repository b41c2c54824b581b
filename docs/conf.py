"""Sphinx settings; `make docs` uses them. Neither building nor reading the site needs a network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pages import write_pages

project = "pkstats"
author = "pkstats contributors"
copyright = "pkstats contributors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
exclude_patterns = ["_build"]
default_role = "code"

myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_ipywidgets_js = {}

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

html_title = "pkstats"
html_context = {"default_mode": "auto"}
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    # Notebooks need the width for tables and pictures.
    # No page may match two of the patterns.
    "secondary_sidebar_items": {"*": ["page-toc"], "[!n]*/**": ["page-toc"], "notebooks/*": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
}
# Pages without a section of their own have nothing to show at the side; figures need the width.
html_sidebars = {
    name: []
    for name in (
        *("index", "start", "evidence", "checked", "multiverse"),
        *("conventions", "architecture", "releasing", "gallery/*"),
    )
}
html_static_path = ["_static"]
html_css_files = ["pkstats.css"]
html_copy_source = False
html_show_sourcelink = False
# Summaries are fetched page by page, which browsers refuse for pages opened from a folder.
html_show_search_summary = False


def plain_bars(app, what, name, thing, options, lines):
    """Keep |t| in a docstring a pair of bars; reStructuredText would look for a substitution."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app):
    """Write the generated pages before Sphinx looks for pages."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", plain_bars)
