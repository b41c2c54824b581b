# Zero-inflated and hurdle counts: pscl's fit moved on to the exact maximum.
suppressPackageStartupMessages(library(pscl))

log1pexp <- function(z) log(1 + exp(z))

# Returns the maximum (as `maximise` does) with `classical`, the inverse information; `terms`; and
# `scale`, by which a parameter is multiplied so that a change of 1 matters.
mixture <- function(family, formula, zero, frame, exposure = NULL) {
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
  terms <- c(colnames(x), paste0("zero:", colnames(z)), if (dispersed) "log_alpha")
  c(fit, list(classical = classical, terms = terms, scale = scale))
}
