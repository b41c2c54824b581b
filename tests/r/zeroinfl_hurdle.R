# Zero-inflated and hurdle counts: pscl.
# zip, zinb: the `zero:` part is a logit of P(structural zero). hurdle: the `zero:` part is a logit of
# P(count > 0), pscl's sign, and the counts are zero-truncated. Exposure belongs to the counts alone.
# Classical standard errors: joint observed information, ln α included. CR1: full score, G/(G−1).
source("tests/r/shared/common.R")
source("tests/r/shared/counts.R")
suppressPackageStartupMessages(library(pscl))

log1pexp <- function(z) log(1 + exp(z))

cases <- list()
add <- function(name, family, formula, zero, data, by, exposure = NULL) {
  frame <- datasets[[data]]
  y <- outcome(formula, frame)
  offset <- if (is.null(exposure)) rep(0, length(y)) else log(frame[[exposure]])
  x <- design(formula, frame)
  z <- design(zero, frame)
  k <- ncol(x)
  l <- ncol(z)
  dispersed <- family %in% c("zinb", "hurdle")
  counts <- if (dispersed) negbin(y) else poisson_counts(y)
  none <- if (dispersed) negbin(0 * y) else poisson_counts(0 * y)
  likelihood <- function(par) {
    log_mean <- drop(x %*% par[1:k]) + offset
    linear <- drop(z %*% par[k + 1:l])
    log_alpha <- if (dispersed) par[k + l + 1]
    log_zero <- none(log_mean, log_alpha)
    log_count <- counts(log_mean, log_alpha)
    if (family %in% c("zip", "zinb")) {
      return(ifelse(y == 0, log(exp(linear) + exp(log_zero)), log_count) - log1pexp(linear))
    }
    ifelse(y == 0, 0, linear + log_count - log(1 - exp(log_zero))) - log1pexp(linear)
  }
  scale <- c(spread(x), spread(z))
  xs <- sweep(x, 2, spread(x), "/")
  zs <- sweep(z, 2, spread(z), "/")
  dist <- if (dispersed) "negbin" else "poisson"
  call <- y ~ xs - 1 + offset(offset) | zs - 1
  environment(call) <- environment()
  package <- if (family %in% c("zip", "zinb")) {
    zeroinfl(call, dist = dist, control = zeroinfl.control(reltol = 1e-15, maxit = 20000))
  } else {
    hurdle(call, dist = dist, zero.dist = "binomial",
           control = hurdle.control(reltol = 1e-15, maxit = 20000))
  }
  start <- unname(c(coef(package) / scale, if (dispersed) -log(package$theta[1])))
  scale <- c(scale, if (dispersed) 1)
  fit <- maximise(likelihood, start, scale)
  agree("pscl estimates", start, fit$estimate, 1e-3)
  agree("pscl log-likelihood", as.numeric(logLik(package)), fit$log_likelihood, 1e-8)
  classical <- solve_scaled(fit$information)
  agree("pscl std_error", unname(sqrt(diag(vcov(package)))) / scale[1:(k + l)],
        sqrt(diag(classical))[1:(k + l)], 1e-3)
  cr1 <- cluster_covariance(fit, frame[[by]])
  groups <- count_clusters(frame[[by]])
  terms <- c(colnames(x), paste0("zero:", colnames(z)), if (dispersed) "log_alpha")
  extra <- paste0(";zero=", zero, if (!is.null(exposure)) paste0(";exposure=", exposure))
  emit <- function(kind, options, covariance, clusters, factor) rows(
    paste(name, kind, sep = "_"), data, formula, family, paste0(options, extra), terms, fit$estimate,
    sqrt(diag(covariance)), log_likelihood = fit$log_likelihood, clusters = clusters, factor = factor)
  cases[[length(cases) + 1]] <<- emit("classical", "vcov=classical;information=observed", classical, NA, 1)
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
