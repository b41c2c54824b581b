# Helpers of the fixture scripts: data, formulas as Python writes them, exact maxima, rows to CSV.
# Scripts run from the root of the repository: Rscript tests/r/glm.R
options(warn = 1, digits = 10)
suppressPackageStartupMessages(library(numDeriv))

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1])
folder <- "tests/r"
topic <- sub("\\.R$", "", basename(script))

read <- function(name) {
  # Only an empty cell is missing: "None" and "NA" are values elsewhere in this project.
  found <- read.csv(file.path(folder, paste0(name, ".csv")), na.strings = "", encoding = "UTF-8")
  stopifnot(!anyNA(found))
  found
}
datasets <- list(random = read("random"), panel = read("panel"))

# --- formulas and names -----------------------------------------------------------------------
r_formula <- function(text) as.formula(gsub("\\bC\\((\\w+)\\)", "factor(\\1)", text), globalenv())
r_names <- function(names) {
  names <- gsub("factor\\((\\w+)\\)(\\w+)", "C(\\1)[T.\\2]", names)
  gsub("(Intercept)", "Intercept", names, fixed = TRUE)
}
right_side <- function(text) r_formula(sub("^[^~]*", "", text))
design <- function(text, data) {
  matrix <- model.matrix(right_side(text), data)
  colnames(matrix) <- r_names(colnames(matrix))
  matrix
}
outcome <- function(text, data) data[[trimws(sub("~.*", "", text))]]

# --- exact maxima -----------------------------------------------------------------------------
# Optimisers stop at six to eight digits. Every estimate here is moved on by Newton's method: scores
# by complex-step derivatives of the log-likelihood (exact to rounding), their Jacobian by
# Richardson extrapolation. The packages' own fits are then compared with the maximum found.
complex_scores <- function(loglik, par) {
  step <- 1e-50
  found <- vapply(seq_along(par), function(j) {
    moved <- as.complex(par)
    moved[j] <- moved[j] + 1i * step
    Im(loglik(moved)) / step
  }, numeric(length(loglik(as.complex(par)))))
  matrix(found, ncol = length(par))
}

# Jacobian of a function of parameters of size one: central differences at steps 2⁻⁵ … 2⁻⁹,
# extrapolated. numDeriv's steps are relative, too short where a parameter is near zero. `like`: values
# of the length that f has.
slopes_of <- function(f, at, orders = 5, like = at) {
  vapply(seq_along(at), function(j) {
    found <- lapply(seq_len(orders), function(order) {
      step <- replace(0 * at, j, 2^-(4 + order))
      (f(at + step) - f(at - step)) / (2 * step[j])
    })
    for (order in seq_len(orders - 1)) {
      found <- Map(function(wide, narrow) narrow + (narrow - wide) / (4^order - 1),
                   head(found, -1), tail(found, -1))
    }
    found[[1]]
  }, 0 * like)
}

# Returns estimates, scores (n × p), information (p × p, observed) and the log-likelihood.
# `scale`: multiply a parameter by it and a change of 1 matters (standard deviation of its column).
maximise <- function(loglik, start, scale, scores = function(par) complex_scores(loglik, par),
                     tolerance = 1e-10) {
  total <- function(scaled) colSums(scores(scaled / scale)) / scale
  at <- start * scale
  value <- -Inf
  for (iteration in 1:200) {
    slope <- total(at)
    curve <- -slopes_of(total, at)
    curve <- matrix(curve, length(at))
    curve <- (curve + t(curve)) / 2
    # Where the likelihood is not concave, absolute curvatures still point uphill.
    shape <- eigen(curve, symmetric = TRUE)
    along <- pmax(abs(shape$values), 1e-12 * max(abs(shape$values)))
    step <- drop(shape$vectors %*% (crossprod(shape$vectors, slope) / along))
    now <- sum(Re(loglik(at / scale)))
    size <- 1
    while (size > 1e-6 && !(sum(Re(loglik((at + size * step) / scale))) >= now - 1e-10 * abs(now))) size <- size / 2
    at <- at + size * step
    if (max(abs(step) / pmax(abs(at), 1e-3)) < tolerance) break
  }
  slope <- total(at)
  curve <- -slopes_of(total, at)
  curve <- matrix(curve, length(at))
  curve <- (curve + t(curve)) / 2
  left <- max(abs(solve(curve, slope)) / pmax(abs(at), 1e-3))
  cat(sprintf("  newton: %d iterations, largest score %.1e, relative step left %.1e\n",
              iteration, max(abs(slope)), left))
  if (left > 1e-9) stop("no convergence")
  stopifnot(all(eigen(curve)$values > 0))
  list(estimate = at / scale, scores = scores(at / scale),
       information = curve * outer(scale, scale), log_likelihood = sum(Re(loglik(at / scale))))
}

agree <- function(what, found, expected, tolerance) {
  gap <- max(abs(found - expected) / pmax(abs(expected), 1e-3))
  cat(sprintf("  %s: largest relative difference %.1e (allowed %.0e)\n", what, gap, tolerance))
  if (!(gap <= tolerance)) stop(what, " differs")
}

spread <- function(matrix) {
  scale <- apply(matrix, 2, sd)
  ifelse(scale == 0, 1, scale)
}

# --- covariances ------------------------------------------------------------------------------
count_clusters <- function(clusters) length(unique(clusters))
cluster_meat <- function(scores, clusters) crossprod(rowsum(scores, clusters, reorder = FALSE))
cluster_covariance <- function(fit, clusters, factor = NULL) {
  groups <- count_clusters(clusters)
  bread <- solve(fit$information)
  bread %*% cluster_meat(fit$scores, clusters) %*% bread * (factor %||% (groups / (groups - 1)))
}
`%||%` <- function(a, b) if (is.null(a)) b else a

# --- rows -------------------------------------------------------------------------------------
# part: "coefficient" (what tidy() holds) or "statistic" (tests, dispersion, variance components).
# df: Student's t with so many degrees of freedom; none means the normal distribution.
rows <- function(case, data, formula, family, options, term, estimate, std_error = NA, df = Inf,
                 p_value = NULL, conf_low = NULL, conf_high = NULL, log_likelihood = NA,
                 null_log_likelihood = NA, nobs = nrow(datasets[[data]]), clusters = NA, factor = NA,
                 part = "coefficient") {
  half <- qt(0.975, df) * std_error
  found <- data.frame(
    case, data, formula, family, options, part, term, estimate, std_error,
    p_value = p_value %||% (2 * pt(-abs(estimate / std_error), df)),
    conf_low = conf_low %||% (estimate - half), conf_high = conf_high %||% (estimate + half),
    df = ifelse(is.finite(df), df, NA), log_likelihood, null_log_likelihood, nobs, clusters,
    factor, row.names = NULL)
  cat(sprintf("%s: %d rows\n", case, nrow(found)))
  found
}

statistics <- function(case, data, formula, family, options, values, std_error = NA, df = NA,
                       p_value = NA, ...) {
  found <- rows(case, data, formula, family, options, names(values), unname(values), std_error,
                p_value = p_value, conf_low = NA, conf_high = NA, part = "statistic", ...)
  found$df <- df
  found
}

write_rows <- function(..., name = topic) {
  found <- do.call(rbind, c(...))
  for (column in names(found)) {
    values <- found[[column]]
    if (is.numeric(values) || all(is.na(values))) {
      found[[column]] <- ifelse(is.na(values), "", sprintf("%.17g", as.numeric(values)))
    } else {
      quoted <- grepl("[,\"]", values)
      found[[column]] <- ifelse(quoted, paste0("\"", gsub("\"", "\"\"", values), "\""), values)
    }
  }
  lines <- c(paste(names(found), collapse = ","), do.call(paste, c(found, sep = ",")))
  connection <- file(file.path(folder, paste0(name, ".csv")), "wb")
  writeLines(enc2utf8(lines), connection, useBytes = TRUE)
  close(connection)
}
