# Least squares, logit, probit, Poisson: classical and HC0–HC3 standard errors, weights, exposure.
# glm() is fitted a second time from the exact maximum, so that its Fisher scoring cannot stop short.
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(sandwich))

links <- list(logit = binomial("logit"), probit = binomial("probit"), poisson = poisson("log"))
tight <- glm.control(epsilon = 1e-15, maxit = 200)

fit_glm <- function(formula, data, family, weights, offset) {
  frame <- data
  frame$.w <- weights
  frame$.o <- offset
  call <- r_formula(formula)
  environment(call) <- environment()
  first <- suppressWarnings(glm(call, links[[family]], frame, weights = .w, offset = .o, control = tight))
  # Newton with the observed information; for logit and Poisson it equals the expected one.
  matrix <- design(formula, data)
  y <- outcome(formula, data)
  par <- coef(first)
  for (iteration in 1:20) {
    derivative <- slopes(family, y, drop(matrix %*% par) + offset)
    step <- solve(crossprod(matrix, matrix * (weights * derivative$curve)),
                  colSums(matrix * (weights * derivative$slope)))
    par <- par + step
    if (max(abs(step / par)) < 1e-14) break
  }
  second <- suppressWarnings(glm(call, links[[family]], frame, weights = .w, offset = .o, start = par,
                                 control = tight))
  agree("glm, started at the maximum", coef(second), par, 1e-11)
  derivative <- slopes(family, y, drop(matrix %*% coef(second)) + offset)
  list(fit = second, observed = solve(crossprod(matrix, matrix * (weights * derivative$curve))),
       scores = matrix * (weights * derivative$slope))
}

# First and minus second derivative of the log-likelihood by the linear predictor.
slopes <- function(family, y, linear) {
  if (family == "logit") {
    p <- plogis(linear)
    return(list(slope = y - p, curve = p * (1 - p)))
  }
  if (family == "poisson") return(list(slope = y - exp(linear), curve = exp(linear)))
  sign <- 2 * y - 1
  ratio <- sign * exp(dnorm(linear, log = TRUE) - pnorm(sign * linear, log.p = TRUE))
  list(slope = ratio, curve = ratio * (ratio + linear))
}

# R's logLik() rounds weighted binomial counts; this is the plain weighted sum.
likelihood <- function(family, y, linear, weights) {
  each <- switch(family,
    logit = plogis((2 * y - 1) * linear, log.p = TRUE),
    probit = pnorm((2 * y - 1) * linear, log.p = TRUE),
    poisson = dpois(y, exp(linear), log = TRUE))
  sum(weights * each)
}

cases <- list()
add <- function(name, formula, data, family, weights = NULL, exposure = NULL, kinds) {
  frame <- datasets[[data]]
  n <- nrow(frame)
  w <- if (is.null(weights)) rep(1, n) else frame[[weights]]
  o <- if (is.null(exposure)) rep(0, n) else log(frame[[exposure]])
  extra <- paste0(if (!is.null(weights)) paste0(";weights=", weights),
                  if (!is.null(exposure)) paste0(";exposure=", exposure))
  y <- outcome(formula, frame)
  if (family == "ols") {
    frame$.w <- w
    call <- r_formula(formula)
    fit <- lm(call, frame, weights = .w)
    bare <- lm(y ~ 1, weights = w)
    value <- as.numeric(logLik(fit))
    null <- as.numeric(logLik(bare))
  } else {
    parts <- fit_glm(formula, frame, family, w, o)
    fit <- parts$fit
    value <- likelihood(family, y, fit$linear.predictors, w)
    if (is.null(weights)) agree("log-likelihood", value, as.numeric(logLik(fit)), 1e-12)
    bare <- suppressWarnings(glm(y ~ 1, links[[family]], weights = w, offset = o, control = tight))
    null <- likelihood(family, y, bare$linear.predictors, w)
  }
  k <- length(coef(fit))
  for (kind in kinds) {
    factor <- if (kind == "hc1") n / (n - k) else 1
    covariance <- switch(kind,
      classical = vcov(fit),
      observed = parts$observed,
      observed_hc0 = parts$observed %*% crossprod(parts$scores) %*% parts$observed,
      vcovHC(fit, type = toupper(kind)))
    label <- switch(kind,
      classical = if (family == "probit") "vcov=classical;information=expected" else "vcov=classical",
      observed = "vcov=classical;information=observed",
      observed_hc0 = "vcov=hc0;information=observed",
      hc0 = if (family == "probit") "vcov=hc0;information=expected" else "vcov=hc0",
      paste0("vcov=", kind))
    cases[[length(cases) + 1]] <<- rows(
      paste(name, kind, sep = "_"), data, formula, family, paste0(label, extra),
      r_names(names(coef(fit))), unname(coef(fit)), unname(sqrt(diag(covariance))),
      df = if (family == "ols") n - k else Inf, log_likelihood = value, null_log_likelihood = null,
      factor = factor)
  }
}

hc <- c("hc0", "hc1", "hc2", "hc3")
wide <- "x1 + x2 + b1 + C(f)"
real <- "strength_per_100k + shortfall + task_count + chapter_vii + log_deaths_before"
add("ols", paste("y ~", wide), "random", "ols", kinds = c("classical", hc))
add("ols_interaction", "y ~ x1*b1 + C(f) + x1:C(f)", "random", "ols", kinds = c("classical", "hc1"))
add("ols_weights", paste("y ~", wide), "random", "ols", weights = "w", kinds = c("classical", hc))
add("ols_panel", paste("partner_count ~", real), "panel", "ols", kinds = c("classical", hc))
add("logit", paste("yb ~", wide), "random", "logit", kinds = c("classical", hc))
add("logit_interaction", "yb ~ x1*b1 + C(f)", "random", "logit", kinds = "classical")
add("logit_weights", paste("yb ~", wide), "random", "logit", weights = "w", kinds = c("classical", "hc0"))
add("logit_panel", paste("violence_abatement ~", real), "panel", "logit", kinds = c("classical", "hc0"))
probits <- c("classical", "observed", "hc0", "observed_hc0")
add("probit", paste("yb ~", wide), "random", "probit", kinds = probits)
add("probit_weights", paste("yb ~", wide), "random", "probit", weights = "w", kinds = probits)
add("probit_panel", paste("violence_abatement ~", real), "panel", "probit", kinds = probits)
add("poisson", paste("yc ~", wide), "random", "poisson", kinds = c("classical", "hc0"))
add("poisson_exposure", paste("yc ~", wide), "random", "poisson", exposure = "e", kinds = c("classical", "hc0"))
add("poisson_weights", paste("yc ~", wide), "random", "poisson", weights = "w", exposure = "e",
    kinds = c("classical", "hc0"))
add("poisson_panel", paste("partner_count ~", real), "panel", "poisson", kinds = c("classical", "hc0"))
write_rows(cases)
