# Negative binomial (NB2), variance μ + αμ²: MASS::glm.nb, theta = 1/α.
# information=observed: joint observed information of coefficients and ln α (Stata's nbreg, statsmodels).
# information=mass: what MASS prints, the expected information of the coefficients at fixed theta.
# CR1 uses the full score, ln α included (Stata); sandwich's covers the coefficients alone.
source("tests/r/shared/common.R")
source("tests/r/shared/counts.R")
suppressPackageStartupMessages(library(MASS))

# glm.nb alternates two steps and breaks off on deaths (0 to 772,463). There its two halves, glm at
# fixed theta and theta.ml at fixed means, must both stay where the maximum is.
mass_fit <- function(y, scaled, offset, at, whole) {
  k <- ncol(scaled)
  control <- glm.control(epsilon = 1e-12, maxit = 500)
  if (whole) {
    fit <- suppressWarnings(glm.nb(y ~ scaled - 1 + offset(offset), control = control))
    return(list(coefficients = coef(fit), theta = fit$theta, SE.theta = fit$SE.theta,
                error = sqrt(diag(vcov(fit))), likelihood = as.numeric(logLik(fit))))
  }
  half <- glm(y ~ scaled - 1 + offset(offset), negative.binomial(exp(-at[k + 1])), start = at[1:k])
  theta <- theta.ml(y, fitted(half), limit = 100, eps = 1e-12)
  list(coefficients = coef(half), theta = as.numeric(theta), SE.theta = attr(theta, "SE"),
       error = sqrt(diag(summary(half, dispersion = 1)$cov.scaled)),
       likelihood = sum(dnbinom(y, size = theta, mu = fitted(half), log = TRUE)))
}

cases <- list()
add <- function(name, formula, data, by, exposure = NULL, whole = TRUE) {
  frame <- datasets[[data]]
  y <- outcome(formula, frame)
  offset <- if (is.null(exposure)) rep(0, length(y)) else log(frame[[exposure]])
  matrix <- design(formula, frame)
  k <- ncol(matrix)
  loglik <- negbin(y)
  likelihood <- function(par) loglik(drop(matrix %*% par[1:k]) + offset, par[k + 1])
  scale <- spread(matrix)
  scaled <- sweep(matrix, 2, scale, "/")
  ratio <- qr.coef(qr(scaled), log((y + 0.5) / exp(offset)))
  fit <- maximise(likelihood, c(ratio / scale, log(2)), c(scale, 1))
  package <- mass_fit(y, scaled, offset, fit$estimate * c(scale, 1), whole)
  start <- c(unname(package$coefficients) / scale, -log(package$theta))
  agree("MASS estimates", start, fit$estimate, 1e-5)
  agree("MASS log-likelihood", package$likelihood, fit$log_likelihood, 1e-9)
  null <- maximise(function(par) loglik(par[1] + offset, par[2]),
                   c(log(sum(y) / sum(exp(offset))), log(2)), c(1, 1))
  classical <- solve_scaled(fit$information)
  cr1 <- cluster_covariance(fit, frame[[by]])
  groups <- count_clusters(frame[[by]])
  extra <- if (!is.null(exposure)) paste0(";exposure=", exposure)
  emit <- function(kind, options, errors, clusters, factor, keep = seq_len(k + 1)) rows(
    paste(name, kind, sep = "_"), data, formula, "negbin", paste0(options, extra),
    c(colnames(matrix), "log_alpha")[keep], fit$estimate[keep], errors,
    log_likelihood = fit$log_likelihood, null_log_likelihood = null$log_likelihood,
    clusters = clusters, factor = factor)
  cases[[length(cases) + 1]] <<- emit("classical", "vcov=classical;information=observed",
                                      sqrt(diag(classical)), NA, 1)
  cases[[length(cases) + 1]] <<- emit("cr1", paste0("vcov=cr1;information=observed;cluster=", by),
                                      sqrt(diag(cr1)), groups, groups / (groups - 1))
  # MASS's standard errors at the maximum: X'diag(μ/(1+αμ))X, and theta's own second derivative.
  mu <- exp(drop(matrix %*% fit$estimate[1:k]) + offset)
  alpha <- exp(fit$estimate[k + 1])
  mass <- sqrt(diag(solve_scaled(crossprod(matrix, matrix * (mu / (1 + alpha * mu))))))
  agree("MASS std_error", unname(package$error) / scale, mass, 1e-5)
  cases[[length(cases) + 1]] <<- emit("mass", "vcov=classical;information=mass", mass, NA, 1, 1:k)
  error <- sqrt(classical[k + 1, k + 1])
  theta <- 1 / alpha
  second <- -hessian(function(theta) sum(Re(loglik(log(mu) + 0i, -log(theta)))), theta)[1]
  agree("MASS theta error", package$SE.theta, sqrt(1 / second), 1e-3)
  cases[[length(cases) + 1]] <<- statistics(
    paste0(name, "_classical"), data, formula, "negbin",
    paste0("vcov=classical;information=observed", extra),
    c(alpha = alpha, theta = theta), c(alpha * error, theta * error),
    log_likelihood = fit$log_likelihood, null_log_likelihood = null$log_likelihood, factor = 1)
  cases[[length(cases) + 1]] <<- statistics(
    paste0(name, "_mass"), data, formula, "negbin", paste0("vcov=classical;information=mass", extra),
    c(alpha = alpha, theta = theta), c(sqrt(1 / second) / theta^2, sqrt(1 / second)),
    log_likelihood = fit$log_likelihood, null_log_likelihood = null$log_likelihood, factor = 1)
}

real <- "shortfall + task_count + chapter_vii + log_deaths_before"
add("negbin", "yc ~ x1 + x2 + b1 + C(f)", "random", "group")
add("negbin_exposure", "yc ~ x1 + x2 + b1 + C(f)", "random", "group", exposure = "e")
add("negbin_deaths", paste("deaths ~", real), "panel", "family", whole = FALSE)
add("negbin_deaths_strength", paste("deaths ~ strength_per_100k +", real), "panel", "family",
    whole = FALSE)
write_rows(cases)
