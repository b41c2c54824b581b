# Zero-inflated and hurdle counts: pscl.
# zip, zinb: the `zero:` part is a logit of P(structural zero). hurdle: the `zero:` part is a logit of
# P(count > 0), pscl's sign, and the counts are zero-truncated. Exposure belongs to the counts alone.
# Classical standard errors: joint observed information, ln α included. CR1: full score, G/(G−1).
source("tests/r/shared/common.R")
source("tests/r/shared/counts.R")
source("tests/r/shared/mixtures.R")

cases <- list()
add <- function(name, family, formula, zero, data, by, exposure = NULL) {
  frame <- datasets[[data]]
  fit <- mixture(family, formula, zero, frame, exposure)
  cr1 <- cluster_covariance(fit, frame[[by]])
  groups <- count_clusters(frame[[by]])
  extra <- paste0(";zero=", zero, if (!is.null(exposure)) paste0(";exposure=", exposure))
  emit <- function(kind, options, covariance, clusters, factor) rows(
    paste(name, kind, sep = "_"), data, formula, family, paste0(options, extra), fit$terms, fit$estimate,
    sqrt(diag(covariance)), log_likelihood = fit$log_likelihood, clusters = clusters, factor = factor)
  cases[[length(cases) + 1]] <<- emit("classical", "vcov=classical;information=observed", fit$classical, NA, 1)
  cases[[length(cases) + 1]] <<- emit("cr1", paste0("vcov=cr1;information=observed;cluster=", by), cr1,
                                      groups, groups / (groups - 1))
}

wide <- "yz ~ x1 + x2 + b1 + C(f)"
deaths <- "deaths ~ task_count + chapter_vii + log_deaths_before"
add("zip", "zip", wide, "~ x1 + b1", "random", "group")
add("zinb", "zinb", wide, "~ x1 + b1", "random", "group")
add("zinb_constant", "zinb", "yz ~ x1 + b1", "~ 1", "random", "group")
add("zinb_exposure", "zinb", "yz ~ x1 + b1 + C(f)", "~ x1 + x2", "random", "group", exposure = "e")
add("hurdle", "hurdle", wide, "~ x1 + x2 + b1 + C(f)", "random", "group")
add("hurdle_poisson", "hurdle_poisson", wide, "~ x1 + b1", "random", "group")
add("zinb_deaths", "zinb", deaths, "~ log_deaths_before", "panel", "family")
add("hurdle_deaths", "hurdle", deaths, "~ log_deaths_before", "panel", "family")
write_rows(cases)
