# Negative binomial with a given dispersion: glm(family = MASS::negative.binomial(theta)), theta = 1/α.
# information=expected is R's, in robust variances too (sandwich); information=observed is Stata's glm.
source("tests/r/shared/common.R")
source("tests/r/shared/counts.R")
suppressPackageStartupMessages({
  library(MASS)
  library(sandwich)
})

cases <- list()
add <- function(name, formula, by, alpha, exposure = NULL, weights = NULL) {
  frame <- datasets[["random"]]
  y <- outcome(formula, frame)
  offset <- if (is.null(exposure)) rep(0, length(y)) else log(frame[[exposure]])
  frame$.w <- if (is.null(weights)) rep(1, length(y)) else frame[[weights]]
  matrix <- design(formula, frame)
  scale <- spread(matrix)
  frame$.x <- sweep(matrix, 2, scale, "/")
  log_alpha <- log(alpha)
  one <- negbin(y)
  loglik <- function(par) frame$.w * one(drop(matrix %*% par) + offset, log_alpha)
  frame$.y <- y
  package <- suppressWarnings(glm(.y ~ .x - 1 + offset(offset), negative.binomial(1 / alpha), frame,
                                  weights = .w, control = glm.control(epsilon = 1e-15, maxit = 500)))
  fit <- maximise(loglik, coef(package) / scale, scale)
  agree("glm estimates", unname(coef(package)) / scale, fit$estimate, 1e-6)
  groups <- count_clusters(frame[[by]])
  factor <- groups / (groups - 1)
  extra <- paste0(";alpha=", alpha, if (!is.null(exposure)) paste0(";exposure=", exposure),
                  if (!is.null(weights)) paste0(";weights=", weights))
  emit <- function(kind, options, errors, clusters = NA, factor = 1) rows(
    paste(name, kind, sep = "_"), "random", formula, "negbin", paste0(options, extra),
    colnames(matrix), fit$estimate, errors, log_likelihood = fit$log_likelihood,
    clusters = clusters, factor = factor)
  keep <- function(...) cases[[length(cases) + 1]] <<- emit(...)
  # The expected information at the maximum, and with it every robust variance of sandwich.
  mu <- exp(drop(matrix %*% fit$estimate) + offset)
  working <- frame$.w * mu / (1 + alpha * mu)
  bread <- solve_scaled(crossprod(matrix, matrix * working))
  leverage <- working * rowSums((matrix %*% bread) * matrix)
  scores <- matrix * (frame$.w * (y - mu) / (1 + alpha * mu))
  sandwich_of <- function(parts) sqrt(diag(bread %*% crossprod(parts) %*% bread))
  errors <- list(
    classical = sqrt(diag(bread)), hc0 = sandwich_of(scores),
    hc1 = sandwich_of(scores) * sqrt(nrow(matrix) / (nrow(matrix) - ncol(matrix))),
    hc2 = sandwich_of(scores / sqrt(1 - leverage)), hc3 = sandwich_of(scores / (1 - leverage)))
  agree("glm std_error", sqrt(diag(summary(package, dispersion = 1)$cov.scaled)) / scale,
        errors$classical, 1e-6)
  for (kind in names(errors)) {
    if (kind != "classical") {
      agree(paste("vcovHC", kind), sqrt(diag(vcovHC(package, type = toupper(kind)))) / scale,
            errors[[kind]], 1e-6)
    }
    keep(kind, paste0("vcov=", kind, ";information=expected"), errors[[kind]])
  }
  clustered <- sqrt(diag(bread %*% cluster_meat(scores, frame[[by]]) %*% bread * factor))
  agree("vcovCL", sqrt(diag(vcovCL(package, frame[[by]], type = "HC0"))) / scale, clustered, 1e-6)
  keep("cr1", paste0("vcov=cr1;information=expected;cluster=", by), clustered, groups, factor)
  keep("observed", "vcov=classical;information=observed", sqrt(diag(solve_scaled(fit$information))))
  keep("observed_cr1", paste0("vcov=cr1;information=observed;cluster=", by),
       sqrt(diag(cluster_covariance(fit, frame[[by]]))), groups, factor)
}

add("fixed", "yc ~ x1 + x2 + b1 + C(f)", "group", 1)
add("fixed_exposure", "yc ~ x1 + x2 + b1 + C(f)", "group", 0.4, exposure = "e")
add("fixed_weights", "yc ~ x1 + x2 + b1 + C(f)", "group", 2.5, weights = "w")
write_rows(cases)
