# Linear mixed model with a random intercept: lme4::lmer, maximum likelihood and REML.
# lmer's optimiser stops at about six digits of the ratio of standard deviations; here that ratio is the
# root of the exact derivative of the profiled deviance, and lme4 evaluates the model there.
# std_error: lme4's for the coefficients, given the variances. The normal distribution gives p values.
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(lme4))

# Profiled (restricted) log-likelihood of θ = group sd / residual sd; takes complex θ.
profile <- function(theta, y, x, group, reml) {
  n <- length(y)
  p <- ncol(x)
  sizes <- as.vector(table(group))
  shrink <- theta^2 / (1 + sizes * theta^2)
  sx <- rowsum(x, group)
  sy <- rowsum(y, group)
  xx <- crossprod(x) - crossprod(sx, sx * shrink)
  xy <- crossprod(x, y) - crossprod(sx, sy * shrink)
  yy <- sum(y^2) - sum(sy^2 * shrink)
  beta <- solve(xx, xy)
  left <- yy - sum(xy * beta)
  m <- if (reml) n - p else n
  value <- -m / 2 * (log(2 * pi * left / m) + 1) - sum(log(1 + sizes * theta^2)) / 2
  # log |xx| by elimination: det() takes no complex numbers.
  if (reml) value <- value - sum(log(pivots(xx))) / 2
  value
}
pivots <- function(a) {
  found <- a[1, 1]
  while (nrow(a) > 1) {
    a <- a[-1, -1, drop = FALSE] - a[-1, 1] %*% t(a[1, -1]) / a[1, 1]
    found <- c(found, a[1, 1])
  }
  found
}

cases <- list()
add <- function(name, formula, data, by, reml) {
  frame <- datasets[[data]]
  frame$.by <- frame[[by]]
  call <- r_formula(paste(formula, "+ (1 | .by)"))
  y <- outcome(formula, frame)
  x <- design(formula, frame)
  slope <- function(theta) Im(profile(theta + 1e-50i, y, x, frame$.by, reml)) / 1e-50
  theta <- uniroot(slope, c(1e-3, 50), tol = 1e-15)$root
  package <- suppressMessages(suppressWarnings(lmer(call, frame, REML = reml)))
  agree("lmer theta", getME(package, "theta"), theta, 1e-3)
  parts <- suppressMessages(suppressWarnings(lFormula(call, frame, REML = reml)))
  deviance <- do.call(mkLmerDevfun, parts)
  value <- deviance(theta)
  fit <- mkMerMod(environment(deviance), list(par = theta, fval = value, conv = 0), parts$reTrms, parts$fr)
  likelihood <- as.numeric(logLik(fit))
  agree("log-likelihood", likelihood, Re(profile(theta, y, x, frame$.by, reml)), 1e-11)
  cat(sprintf("  slope %.1e\n", slope(theta)))
  residual <- sigma(fit)
  options <- paste0("groups=", by, ";reml=", if (reml) "yes" else "no")
  groups <- count_clusters(frame$.by)
  case <- paste(name, if (reml) "reml" else "ml", sep = "_")
  cases[[length(cases) + 1]] <<- rows(
    case, data, formula, "mixed", options, r_names(names(fixef(fit))), unname(fixef(fit)),
    unname(sqrt(diag(as.matrix(vcov(fit))))), log_likelihood = likelihood, clusters = groups)
  group <- theta * residual
  cases[[length(cases) + 1]] <<- statistics(
    case, data, formula, "mixed", options,
    c(group_sd = group, residual_sd = residual, group_variance = group^2, residual_variance = residual^2,
      intraclass_correlation = theta^2 / (1 + theta^2)), log_likelihood = likelihood, clusters = groups)
  effects <- ranef(fit)$.by[, 1]
  cases[[length(cases) + 1]] <<- statistics(
    case, data, formula, "mixed", options,
    setNames(effects, paste0("random:", rownames(ranef(fit)$.by))), log_likelihood = likelihood,
    clusters = groups)
}

real <- "strength_per_100k + shortfall + task_count + chapter_vii + log_deaths_before"
for (reml in c(FALSE, TRUE)) {
  add("mixed", "ymix ~ x1 + x2 + b1 + C(f)", "random", "group", reml)
  add("mixed_empty", "ymix ~ 1", "random", "group", reml)
  add("mixed_panel", paste("partner_count ~", real), "panel", "family", reml)
}
write_rows(cases)
