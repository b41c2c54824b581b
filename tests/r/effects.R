# Predictions and average marginal effects of models with more than one part: pscl's predict(), survival's
# survfit(), and the delta method with derivatives by extrapolated differences.
# zinb, hurdle: expected counts and P(0). cox: survival at stated times, each row's terms held as they are.
# Effects: slope of numbers, 1 − 0 of flags, level − first level of categories; means over rows.
source("tests/r/shared/common.R")
source("tests/r/shared/counts.R")
source("tests/r/shared/mixtures.R")
suppressPackageStartupMessages(library(survival))

shown <- 1:12
found <- list()
put <- function(case, formula, family, options, part, term, contrast = "", time = NA, estimate,
                std_error = NA, row = NA) {
  cat(sprintf("%s: %s, %d rows\n", case, part, length(estimate)))
  found[[length(found) + 1]] <<- data.frame(
    case, data = "random", formula, family, options, part, term, contrast, time, row, estimate,
    std_error, row.names = NULL)
}

# Contrasts of the variables of `x1 + x2 + b1 + C(f)`: the mean of `expected(frame)` at each.
contrasts_of <- function(variables, expected) {
  frame <- datasets$random
  difference <- function(high, low) mean(expected(high)) - mean(expected(low))
  set <- function(name, value) replace(frame, name, list(rep(value, nrow(frame))))
  values <- list()
  for (name in variables) {
    if (name == "b1") {
      values[["b1|1 − 0"]] <- difference(set("b1", 1), set("b1", 0))
    } else if (name == "f") {
      for (level in c("b", "c")) {
        values[[paste0("f|", level, " − a")]] <- difference(set("f", level), set("f", "a"))
      }
    } else {
      size <- sd(frame[[name]])
      moved <- function(step) mean(expected(replace(frame, name, list(frame[[name]] + step * size))))
      values[[paste0(name, "|slope")]] <- slopes_of(moved, 0)[1] / size
    }
  }
  unlist(values)
}

delta <- function(gradient, covariance) sqrt(diag(gradient %*% covariance %*% t(gradient)))

# --- zero-inflated and hurdle -----------------------------------------------------------------
counts_case <- function(name, family, formula, zero, by, exposure = NULL) {
  frame <- datasets$random
  exact <- mixture(family, formula, zero, frame, exposure)
  plain <- function(text) gsub("\\bC\\((\\w+)\\)", "factor(\\1)", sub("^[^~]*~", "", text))
  offset <- if (is.null(exposure)) "" else paste0(" + offset(log(", exposure, "))")
  call <- as.formula(paste("yz ~", plain(formula), offset, "|", plain(zero)))
  fitter <- if (family == "zinb") zeroinfl else hurdle
  package <- suppressWarnings(fitter(call, data = frame, dist = "negbin"))
  k <- length(package$coefficients$count)
  l <- length(package$coefficients$zero)
  at <- function(par) {
    package$coefficients$count[] <- par[1:k]
    package$coefficients$zero[] <- par[k + 1:l]
    package$theta[] <- exp(-par[k + l + 1])
    package
  }
  agree("pscl's own estimates", c(package$coefficients$count, package$coefficients$zero),
        exact$estimate[1:(k + l)], 0.05)
  options <- paste0("zero=", zero, if (!is.null(exposure)) paste0(";exposure=", exposure))
  best <- at(exact$estimate)
  put(name, formula, family, options, "mean", "", estimate = unname(predict(best, frame[shown, ], "response")),
      row = frame$row[shown])
  none <- predict(best, frame[shown, ], "prob", at = 0:1)[, 1]
  put(name, formula, family, options, "zero", "", estimate = unname(none), row = frame$row[shown])
  variables <- all.vars(as.formula(paste("~", plain(formula), "+", plain(zero))))
  average <- function(scaled) {
    model <- at(scaled / exact$scale)
    contrasts_of(variables, function(data) predict(model, data, "response"))
  }
  here <- exact$estimate * exact$scale
  values <- average(here)
  gradient <- sweep(slopes_of(average, here, like = values), 2, exact$scale, "*")
  parts <- do.call(rbind, strsplit(names(values), "|", fixed = TRUE))
  cr1 <- cluster_covariance(exact, frame[[by]])
  for (kind in c("classical", "cr1")) {
    covariance <- if (kind == "cr1") cr1 else exact$classical
    put(paste(name, kind, sep = "_"), formula, family,
        paste0(options, ";vcov=", kind, if (kind == "cr1") paste0(";cluster=", by)), "effect",
        parts[, 1], parts[, 2], estimate = unname(values), std_error = delta(gradient, covariance))
  }
}

wide <- "yz ~ x1 + x2 + b1 + C(f)"
counts_case("zinb", "zinb", wide, "~ x1 + b1", "group")
counts_case("zinb_exposure", "zinb", "yz ~ x1 + b1", "~ x2 + C(f)", "group", exposure = "e")
counts_case("hurdle", "hurdle", wide, "~ x1 + x2 + b1 + C(f)", "group")
counts_case("hurdle_exposure", "hurdle", "yz ~ x1 + C(f)", "~ x1 + b1", "group", exposure = "e")

# --- Cox --------------------------------------------------------------------------------------
tight <- coxph.control(eps = 1e-15, toler.chol = 1e-16, iter.max = 100)
times <- c(4, 10.5, 24)

cox_case <- function(name, formula, ties, by, weights = NULL) {
  frame <- datasets$random
  base_weights <- if (is.null(weights)) rep(1, nrow(frame)) else frame[[weights]]
  call <- r_formula(paste("Surv(entry, time, event)", formula))
  fitted <- function(w, ...) {
    frame$.w <- w
    environment(call) <- environment()
    coxph(call, frame, weights = .w, ties = ties, x = TRUE, model = TRUE, robust = FALSE, ...)
  }
  # At the last digit coxph may say that it ran out of steps.
  fit <- suppressWarnings(fitted(base_weights, control = tight))
  x <- fit$x
  beta <- coef(fit)
  # Cumulative hazard at the times for terms of zero, by survfit for the first row.
  hazards <- function(model, at) {
    curve <- summary(survfit(model, newdata = frame[1, ], se.fit = FALSE), times = times, extend = TRUE)
    -log(curve$surv) / exp(sum(x[1, ] * at))
  }
  variables <- all.vars(r_formula(formula))
  levels <- list(`factor(f)` = c("a", "b", "c"))
  # Contrasts at one time, of coefficients and the hazard for terms of zero.
  average <- function(at, hazard) contrasts_of(variables, function(data) {
    matrix <- model.matrix(delete.response(terms(call)), data, xlev = levels)[, -1, drop = FALSE]
    exp(-hazard * exp(drop(matrix %*% at)))
  })
  options <- paste0("entry=entry;time=time;event=event;ties=", ties,
                    if (!is.null(weights)) paste0(";weights=", weights))
  curves <- summary(survfit(fit, newdata = frame[shown, ]), times = times, extend = TRUE)
  for (place in seq_along(times)) {
    put(name, formula, "cox", options, "survival", "", time = times[place],
        estimate = unname(curves$surv[place, ]), row = frame$row[shown])
  }
  centre <- colSums(x * base_weights) / sum(base_weights)
  put(name, formula, "cox", options, "hazard", "",
      estimate = unname(exp(drop(sweep(x[shown, ], 2, centre) %*% beta))), row = frame$row[shown])
  effect <- function(kind, more, time, values, std_error) {
    parts <- do.call(rbind, strsplit(names(values), "|", fixed = TRUE))
    put(paste(name, kind, sep = "_"), formula, "cox", paste0(options, ";vcov=", kind, more), "effect",
        parts[, 1], parts[, 2], time, unname(values), std_error)
  }

  # Classical: the coefficients' covariance and, at given coefficients, the hazard's own variance.
  if (is.null(weights)) {
    refit <- function(at) {
      hazards(fitted(base_weights, init = at, control = coxph.control(iter.max = 0)), at)
    }
    scale <- spread(x)
    here <- hazards(fit, beta)
    slope <- slopes_of(function(scaled) refit(scaled / scale), beta * scale, like = here)
    slope <- sweep(slope, 2, scale, "*")
    own <- own_variance(frame, x, beta, ties)
    for (place in seq_along(times)) {
      hazard <- here[place]
      values <- average(beta, hazard)
      direct <- slopes_of(function(scaled) average(scaled / scale, hazard), beta * scale, like = values)
      by_hazard <- drop(slopes_of(function(log_hazard) average(beta, exp(log_hazard)), log(hazard),
                                  like = values)) / hazard
      whole <- sweep(direct, 2, scale, "*") + outer(by_hazard, slope[place, ])
      check_survfit(fit, frame, x, beta, hazard, slope[place, ], own[place], place)
      effect("classical", "", times[place], values,
             sqrt(diag(whole %*% vcov(fit) %*% t(whole)) + by_hazard^2 * own[place]))
    }
  }

  # CR1, the infinitesimal jackknife: derivative by each cluster's weight, the model fitted anew. Newton's
  # steps are taken here, since near the maximum coxph halves its own.
  clusters <- as.integer(factor(frame[[by]]))
  groups <- max(clusters)
  again <- function(extra) {
    at <- beta
    for (step in 1:5) {
      model <- fitted(base_weights * (1 + extra[clusters]), init = at, control = coxph.control(iter.max = 0))
      if (step < 5) at <- at + drop(vcov(model) %*% colSums(residuals(model, "score", weighted = TRUE)))
    }
    unlist(lapply(hazards(model, at), function(hazard) average(at, hazard)))
  }
  values <- again(rep(0, groups))
  influence <- slopes_of(again, rep(0, groups), orders = 3, like = values)
  effect("cr1", paste0(";cluster=", by), rep(times, each = length(values) / length(times)), values,
         sqrt(rowSums(influence^2) * groups / (groups - 1)))
}

# Variance of the cumulative hazard at given coefficients, terms of zero: a plain loop.
own_variance <- function(frame, x, beta, ties) {
  risk <- exp(drop(x %*% beta))
  ends <- sort(unique(frame$time[frame$event == 1]))
  increments <- vapply(ends, function(end) {
    at_risk <- sum(risk[frame$entry < end & frame$time >= end])
    failing <- frame$time == end & frame$event == 1
    tied <- if (ties == "efron") (seq_len(sum(failing)) - 1) / sum(failing) else rep(0, sum(failing))
    sum(1 / (at_risk - tied * sum(risk[failing]))^2)
  }, 0)
  vapply(times, function(time) sum(increments[ends <= time]), 0)
}

# survfit's standard error of a row's cumulative hazard is what these parts add up to.
check_survfit <- function(fit, frame, x, beta, hazard, slope, own, place) {
  curve <- survfit(fit, newdata = frame[shown, ])
  index <- findInterval(times[place], curve$time)
  ours <- vapply(shown, function(i) {
    relative <- exp(sum(x[i, ] * beta))
    whole <- relative * (slope + hazard * x[i, ])
    sqrt(drop(whole %*% vcov(fit) %*% whole) + relative^2 * own)
  }, 0)
  agree("survfit's standard errors", ours, unname(curve$std.err[index, ]), 1e-8)
}

wide <- "~ x1 + x2 + b1 + C(f)"
cox_case("cox_breslow", wide, "breslow", by = "group")
cox_case("cox_efron", wide, "efron", by = "group")
cox_case("cox_weighted", wide, "efron", by = "group", weights = "w")
write_rows(found)
