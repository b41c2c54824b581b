# Ordered logit: P(y ≤ j) = Λ(threshold j − xβ), MASS::polr. Classical standard errors from the
# observed information; CR1 with G/(G−1), checked against sandwich::vcovCL.
source("tests/r/shared/common.R")
suppressPackageStartupMessages({
  library(MASS)
  library(sandwich)
})

cases <- list()
add <- function(name, formula, data, by, weights = NULL) {
  frame <- datasets[[data]]
  frame$.y <- factor(outcome(formula, frame))
  frame$.w <- if (is.null(weights)) rep(1, nrow(frame)) else frame[[weights]]
  levels <- levels(frame$.y)
  code <- as.integer(frame$.y)
  m <- length(levels)
  matrix <- design(formula, frame)[, -1, drop = FALSE]
  k <- ncol(matrix)
  loglik <- function(par) {
    linear <- drop(matrix %*% par[1:k])
    cut <- par[k + 1:(m - 1)]
    above <- below <- rep(0i, length(code))
    top <- code == m
    bottom <- code == 1
    above[top] <- 1
    above[!top] <- 1 / (1 + exp(-(cut[code[!top]] - linear[!top])))
    below[!bottom] <- 1 / (1 + exp(-(cut[code[!bottom] - 1] - linear[!bottom])))
    frame$.w * log(above - below)
  }
  # polr's BFGS wants columns of one size: fitted on standardised ones, to start from and compare.
  scale <- apply(matrix, 2, sd)
  frame$.x <- sweep(matrix, 2, scale, "/")
  package <- suppressWarnings(polr(.y ~ .x, frame, weights = .w, Hess = TRUE,
                                   control = list(reltol = 1e-16, maxit = 5000)))
  start <- c(coef(package) / scale, package$zeta)
  fit <- maximise(loglik, start, c(scale, rep(1, m - 1)))
  agree("polr estimates", start, fit$estimate, 1e-4)
  agree("polr log-likelihood", as.numeric(logLik(package)), fit$log_likelihood, 1e-9)
  classical <- solve(fit$information)
  agree("polr std_error", sqrt(diag(vcov(package))) / c(scale, rep(1, m - 1)),
        sqrt(diag(classical)), 1e-3)
  cr1 <- cluster_covariance(fit, frame[[by]])
  # bread.polr multiplies by the sum of the weights where vcovCL divides by the number of rows.
  witness <- vcovCL(package, cluster = frame[[by]], type = "HC0", cadjust = TRUE) / mean(frame$.w)^2
  agree("vcovCL", sqrt(diag(witness)) / c(scale, rep(1, m - 1)), sqrt(diag(cr1)), 1e-3)
  shares <- tapply(frame$.w, code, sum)
  null <- sum(shares * log(shares / sum(shares)))
  groups <- count_clusters(frame[[by]])
  terms <- c(colnames(matrix), paste(levels[-m], levels[-1], sep = "|"))
  extra <- if (!is.null(weights)) paste0(";weights=", weights)
  emit <- function(kind, options, covariance, clusters, factor) rows(
    paste(name, kind, sep = "_"), data, formula, "ordered", paste0(options, extra), terms,
    fit$estimate, sqrt(diag(covariance)), log_likelihood = fit$log_likelihood,
    null_log_likelihood = null, clusters = clusters, factor = factor)
  cases[[length(cases) + 1]] <<- emit("classical", "vcov=classical", classical, NA, 1)
  cases[[length(cases) + 1]] <<- emit("cr1", paste0("vcov=cr1;cluster=", by), cr1, groups,
                                      groups / (groups - 1))
}

real <- "strength_per_100k + shortfall + task_count + chapter_vii + log_deaths_before"
add("ordered", "yo ~ x1 + x2 + b1 + C(f)", "random", "group")
add("ordered_weights", "yo ~ x1 + x2 + b1 + C(f)", "random", "group", weights = "w")
add("ordered_panel", paste("ngo_engagement ~", real), "panel", "family")
add("ordered_partners", paste("partner_count ~", real), "panel", "family")
write_rows(cases)
