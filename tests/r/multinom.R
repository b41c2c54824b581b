# Multinomial logit against the first level: nnet::multinom. Classical standard errors from the
# observed information; CR1 with G/(G−1) from the scores of the same likelihood.
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(nnet))

cases <- list()
add <- function(name, formula, data, by, weights = NULL) {
  frame <- datasets[[data]]
  y <- factor(outcome(formula, frame))
  levels <- levels(y)
  code <- as.integer(y)
  m <- length(levels)
  matrix <- design(formula, frame)
  k <- ncol(matrix)
  w <- if (is.null(weights)) rep(1, nrow(frame)) else frame[[weights]]
  loglik <- function(par) {
    linear <- cbind(0, matrix %*% matrix(par, k))
    w * (linear[cbind(seq_along(code), code)] - log(rowSums(exp(linear))))
  }
  # multinom's BFGS wants columns of one size.
  scale <- spread(matrix)
  scaled <- sweep(matrix, 2, scale, "/")
  package <- multinom(y ~ scaled - 1, weights = w, reltol = 1e-14, abstol = 1e-14, maxit = 20000,
                      trace = FALSE, Hess = TRUE)
  start <- as.vector(t(coef(package)) / scale)
  fit <- maximise(loglik, start, rep(scale, m - 1))
  agree("multinom estimates", start, fit$estimate, 1e-4)
  agree("multinom log-likelihood", as.numeric(logLik(package)), fit$log_likelihood, 1e-10)
  classical <- solve(fit$information)
  agree("multinom std_error", sqrt(diag(vcov(package))) / rep(scale, m - 1), sqrt(diag(classical)), 1e-5)
  cr1 <- cluster_covariance(fit, frame[[by]])
  shares <- tapply(w, code, sum)
  null <- sum(shares * log(shares / sum(shares)))
  groups <- count_clusters(frame[[by]])
  terms <- paste(rep(levels[-1], each = k), rep(colnames(matrix), m - 1), sep = ":")
  extra <- paste0(";base=", levels[1], if (!is.null(weights)) paste0(";weights=", weights))
  emit <- function(kind, options, covariance, clusters, factor) rows(
    paste(name, kind, sep = "_"), data, formula, "multinomial", paste0(options, extra), terms,
    fit$estimate, sqrt(diag(covariance)), log_likelihood = fit$log_likelihood,
    null_log_likelihood = null, clusters = clusters, factor = factor)
  cases[[length(cases) + 1]] <<- emit("classical", "vcov=classical", classical, NA, 1)
  cases[[length(cases) + 1]] <<- emit("cr1", paste0("vcov=cr1;cluster=", by), cr1, groups,
                                      groups / (groups - 1))
}

# No chapter_vii: every mission-year at level 3 has it, which separates the levels.
real <- "shortfall + task_count + log_deaths_before"
add("multinomial", "ym ~ x1 + x2 + b1 + C(f)", "random", "group")
add("multinomial_weights", "ym ~ x1 + x2 + b1 + C(f)", "random", "group", weights = "w")
add("multinomial_panel", paste("ngo_engagement ~", real), "panel", "family")
write_rows(cases)
