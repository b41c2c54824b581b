# Cluster-robust covariances of least squares and generalised linear models: sandwich::vcovCL.
# The column `factor` is the whole small-sample factor contained in std_error (variance = factor ×
# bread × meat × bread); for two-way clusters each way has its own, listed in `options`.
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(sandwich))

links <- list(logit = binomial("logit"), probit = binomial("probit"), poisson = poisson("log"))
tight <- glm.control(epsilon = 1e-15, maxit = 200)

# type, cadjust of vcovCL and the factor it stands for.
kinds <- list(
  cr0 = list(type = "HC0", cadjust = FALSE, factor = function(g, n, k) 1),
  cr1_likelihood = list(type = "HC0", cadjust = TRUE, factor = function(g, n, k) g / (g - 1)),
  cr1_stata = list(type = "HC1", cadjust = TRUE,
                   factor = function(g, n, k) g / (g - 1) * (n - 1) / (n - k)))

# glm() stops when the deviance does; started again from its end it goes on to the maximum.
scoring <- function(call, frame, link) {
  environment(call) <- environment()
  par <- NULL
  for (again in 1:30) {
    fit <- suppressWarnings(
      glm(call, link, frame, weights = .w, offset = .o, start = par, control = tight))
    if (!is.null(par) && max(abs(coef(fit) / par - 1)) < 1e-13) break
    par <- coef(fit)
  }
  fit
}

cases <- list()
add <- function(name, formula, data, family, by, which, weights = NULL, exposure = NULL) {
  frame <- datasets[[data]]
  n <- nrow(frame)
  frame$.w <- if (is.null(weights)) rep(1, n) else frame[[weights]]
  frame$.o <- if (is.null(exposure)) rep(0, n) else log(frame[[exposure]])
  call <- r_formula(formula)
  fit <- if (family == "ols") lm(call, frame, weights = .w) else scoring(call, frame, links[[family]])
  k <- length(coef(fit))
  clusters <- frame[by]
  sizes <- vapply(clusters, count_clusters, 0L)
  if (length(by) == 2) sizes <- c(sizes, count_clusters(interaction(clusters, drop = TRUE)))
  bread <- bread(fit) / n
  scores <- estfun(fit)
  if (family != "ols") {
    left <- solve(crossprod(model.matrix(fit), model.matrix(fit) * fit$weights), colSums(scores))
    agree("score zero", left / pmax(abs(coef(fit)), 1e-3) + 1, 1, 1e-10)
  }
  for (kind in which) {
    how <- kinds[[kind]]
    covariance <- vcovCL(fit, cluster = clusters, type = how$type, cadjust = how$cadjust, multi0 = FALSE)
    factors <- vapply(sizes, how$factor, 0, n = n, k = k)
    ways <- c(as.list(clusters), if (length(by) == 2) list(as.character(interaction(clusters))))
    own <- Reduce(`+`, Map(function(way, factor, sign) {
      sign * factor * bread %*% cluster_meat(scores, way) %*% bread
    }, ways, factors, c(1, 1, -1)[seq_along(ways)]))
    agree("own formula", sqrt(diag(own)), sqrt(diag(covariance)), 1e-11)
    options <- paste0(
      "vcov=", sub("_.*", "", kind), ";cluster=", paste(by, collapse = "+"),
      if (length(by) == 2) paste0(";factors=", paste(sprintf("%.17g", factors), collapse = "/")),
      if (!is.null(weights)) paste0(";weights=", weights),
      if (!is.null(exposure)) paste0(";exposure=", exposure),
      if (family == "probit") ";information=expected")
    cases[[length(cases) + 1]] <<- rows(
      paste(name, kind, sep = "_"), data, formula, family, options,
      r_names(names(coef(fit))), unname(coef(fit)), unname(sqrt(diag(covariance))),
      df = if (family == "ols") min(sizes[seq_along(by)]) - 1 else Inf,
      log_likelihood = if (is.null(weights) || family == "ols") as.numeric(logLik(fit)) else
        sum(frame$.w * dbinom(fit$y, 1, fitted(fit), log = TRUE)),
      clusters = min(sizes[seq_along(by)]), factor = if (length(by) == 1) factors else NA)
  }
}

wide <- "x1 + x2 + b1 + C(f)"
real <- "strength_per_100k + shortfall + task_count + chapter_vii + log_deaths_before"
all <- names(kinds)
add("ols", paste("y ~", wide), "random", "ols", "group", all)
add("ols_treated", "y ~ t1 + x1 + b1", "random", "ols", "group", all)
add("ols_weights", paste("y ~", wide), "random", "ols", "group", all, weights = "w")
add("ols_panel", paste("partner_count ~", real), "panel", "ols", "family", all)
add("logit", paste("yb ~", wide), "random", "logit", "group", all)
add("logit_weights", paste("yb ~", wide), "random", "logit", "group", "cr1_likelihood", weights = "w")
add("logit_panel", paste("violence_abatement ~", real), "panel", "logit", "family", all)
add("probit", paste("yb ~", wide), "random", "probit", "group", "cr1_likelihood")
add("poisson", paste("yc ~", wide), "random", "poisson", "group", "cr1_likelihood", exposure = "e")
add("poisson_panel", paste("partner_count ~", real), "panel", "poisson", "family", "cr1_likelihood")
ways <- c("group", "group2")
add("ols_twoway", paste("y ~", wide), "random", "ols", ways, all)
add("logit_twoway", paste("yb ~", wide), "random", "logit", ways, all)
add("ols_panel_twoway", paste("partner_count ~", real), "panel", "ols", c("family", "year"), "cr1_stata")
add("logit_panel_twoway", paste("violence_abatement ~", real), "panel", "logit", c("family", "year"),
    "cr1_likelihood")
write_rows(cases)
