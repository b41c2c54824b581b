"""Sphinx settings: `pip install '.[docs]'`, then `sphinx-build docs out`; needs no network."""

project = "pkstats"
author = "pkstats contributors"
copyright = "pkstats contributors"
extensions = ["myst_nb"]
exclude_patterns = ["_build", "out"]
myst_heading_anchors = 3
nb_execution_mode = "off"
html_theme = "alabaster"
html_theme_options = {"description": "Outcomes of peacekeeping missions", "page_width": "1100px"}
html_show_sourcelink = False
