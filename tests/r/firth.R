# Firth's logit: maximum of the penalised likelihood ℓ(β) + ½ log |I(β)| (Jeffreys' prior).
# Estimates: brglm2 (type AS_mean and MPL_Jeffreys agree for the logit), moved on to the exact maximum.
# std_error: square root of the diagonal of I(β)⁻¹, brglm2's.
# p_value: penalised likelihood-ratio test; conf_low, conf_high: 95 % profile intervals. One coefficient
# is held fixed while the others move; the penalty keeps the information matrix of ALL coefficients
# (Heinze & Schemper 2002; logistf). Fitting brglm2 with an offset would penalise by the smaller matrix
# of the remaining columns and give other numbers, so the profile is climbed here.
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(brglm2))

information <- function(matrix, par) {
  p <- plogis(drop(matrix %*% par))
  crossprod(matrix, matrix * (p * (1 - p)))
}
penalised <- function(matrix, y, par) {
  linear <- drop(matrix %*% par)
  sum(plogis((2 * y - 1) * linear, log.p = TRUE)) +
    as.numeric(determinant(information(matrix, par))$modulus) / 2
}
modified_score <- function(matrix, y, par) {
  p <- plogis(drop(matrix %*% par))
  root <- matrix * sqrt(p * (1 - p))
  hat <- rowSums((root %*% solve(crossprod(root))) * root)
  drop(crossprod(matrix, y - p + hat * (0.5 - p)))
}

# Maximum over the coefficients in `free`, the others as in `par`; columns of similar size.
climb <- function(matrix, y, par, free = seq_along(par)) {
  if (length(free) == 0) return(list(par = par, value = penalised(matrix, y, par)))
  slope <- function(some) {
    par[free] <- some
    modified_score(matrix, y, par)[free]
  }
  value <- penalised(matrix, y, par)
  for (iteration in 1:100) {
    curve <- -jacobian(slope, par[free], method.args = list(r = 4))
    curve <- (curve + t(curve)) / 2
    shape <- eigen(curve, symmetric = TRUE)
    step <- drop(shape$vectors %*% (crossprod(shape$vectors, slope(par[free])) / abs(shape$values)))
    size <- 1
    repeat {
      trial <- par
      trial[free] <- par[free] + size * step
      now <- penalised(matrix, y, trial)
      if (now >= value - 1e-11 || size < 1e-6) break
      size <- size / 2
    }
    par <- trial
    value <- now
    if (max(abs(step) / pmax(abs(par[free]), 1e-2)) < 1e-12) break
  }
  stopifnot(max(abs(step) / pmax(abs(par[free]), 1e-2)) < 1e-10)
  list(par = par, value = value)
}

# Where twice the drop of the profile reaches the 95 % point of χ²(1), on one side of the estimate.
bound <- function(matrix, y, best, j, error, side) {
  aim <- best$value - qchisq(0.95, 1) / 2
  held <- best$par
  drop_at <- function(value) {
    held[j] <<- value
    found <- climb(matrix, y, held, setdiff(seq_along(held), j))
    held <<- found$par
    found$value - aim
  }
  far <- best$par[j] + side * 2 * error
  while (drop_at(far) > 0) far <- far + side * error
  uniroot(drop_at, sort(c(best$par[j], far)), tol = 1e-13)$root
}

cases <- list()
add <- function(name, formula, data, keep = NULL) {
  frame <- datasets[[data]]
  if (!is.null(keep)) frame <- frame[keep, ]
  y <- outcome(formula, frame)
  raw <- design(formula, frame)
  scale <- spread(raw)
  matrix <- sweep(raw, 2, scale, "/")
  k <- ncol(matrix)
  best <- climb(matrix, y, rep(0, k))
  # brglm2's own start is the maximum of the plain likelihood, infinite under separation.
  fits <- lapply(c("AS_mean", "MPL_Jeffreys"), function(type) {
    glm(y ~ matrix - 1, family = binomial, method = "brglmFit", type = type, epsilon = 1e-12,
        maxit = 10000, start = round(best$par, 2))
  })
  cat(sprintf("  largest modified score %.1e\n", max(abs(modified_score(matrix, y, best$par)))))
  agree("AS_mean", coef(fits[[1]]), best$par, 1e-9)
  agree("MPL_Jeffreys", coef(fits[[2]]), best$par, 1e-6)
  error <- sqrt(diag(solve(information(matrix, best$par))))
  agree("brglm2 std_error", unname(sqrt(diag(vcov(fits[[1]])))), error, 1e-8)
  lr <- vapply(seq_len(k), function(j) {
    held <- best$par
    held[j] <- 0
    2 * (best$value - climb(matrix, y, held, setdiff(seq_len(k), j))$value)
  }, 0)
  low <- vapply(seq_len(k), function(j) bound(matrix, y, best, j, error[j], -1), 0)
  high <- vapply(seq_len(k), function(j) bound(matrix, y, best, j, error[j], 1), 0)
  # Values of the penalised likelihood in the user's own units: |I| changes by the product of scales².
  shift <- sum(log(scale))
  plain <- sum(plogis((2 * y - 1) * drop(matrix %*% best$par), log.p = TRUE))
  null <- climb(matrix[, 1, drop = FALSE], y, qlogis(mean(y)))$value
  options <- paste0("vcov=classical;intervals=profile", if (!is.null(keep)) ";rows=first_40")
  terms <- colnames(raw)
  part <- function(...) cases[[length(cases) + 1]] <<- rows(
    name, data, formula, "firth", options, ..., log_likelihood = best$value + shift, nobs = nrow(frame))
  part(terms, best$par / scale, error / scale, p_value = pchisq(lr, 1, lower.tail = FALSE),
       conf_low = low / scale, conf_high = high / scale)
  more <- function(values, df = NA, p_value = NA) cases[[length(cases) + 1]] <<- statistics(
    name, data, formula, "firth", options, values, df = df, p_value = p_value,
    log_likelihood = best$value + shift, nobs = nrow(frame))
  more(setNames(lr, paste0("lr:", terms)), 1, pchisq(lr, 1, lower.tail = FALSE))
  more(c(log_likelihood_unpenalised = plain, log_likelihood_intercept_only = null))
}

add("firth", "yb ~ x1 + x2 + b1 + C(f)", "random")
add("firth_separated", "yb ~ x1 + b1 + s1", "random")
add("firth_small", "yb ~ x1 + b1 + C(f)", "random", keep = 1:40)
add("firth_panel", "violence_abatement ~ shortfall + task_count + chapter_vii + log_deaths_before", "panel")
write_rows(cases)
