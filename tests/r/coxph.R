# Cox models of spells (entry, time]: survival::coxph, Breslow and Efron ties, delayed entry, robust
# variances, Schoenfeld residuals, tests of proportional hazards.
# A spell whose entry equals an event time is not at risk of that event (R, Stata).
# factor: coxph's own robust variance has none (cr0); Stata's multiplies by G/(G−1) (cr1).
source("tests/r/shared/common.R")
suppressPackageStartupMessages(library(survival))

tight <- coxph.control(eps = 1e-15, toler.chol = 1e-16, iter.max = 100)
cases <- list()
residual_rows <- list()
add <- function(name, formula, ties, entry = TRUE, by = NULL, keep = NULL, details = FALSE) {
  frame <- datasets$random
  if (!is.null(keep)) frame <- frame[keep(frame), ]
  left <- if (entry) "Surv(entry, time, event)" else "Surv(time, event)"
  call <- r_formula(paste(left, formula))
  fit <- coxph(call, frame, ties = ties, control = tight, x = TRUE)
  slope <- colSums(as.matrix(residuals(fit, "score")))
  left_over <- drop(vcov(fit) %*% slope) / pmax(abs(coef(fit)), 1e-3)
  cat(sprintf("  relative step left %.1e\n", max(abs(left_over))))
  stopifnot(max(abs(left_over)) < 1e-11)
  terms <- r_names(names(coef(fit)))
  base <- paste0(if (entry) "entry=entry;", "time=time;event=event;ties=", ties,
                 if (!is.null(keep)) ";rows=entry_zero")
  emit <- function(kind, options, covariance, clusters = NA, factor = 1) {
    cases[[length(cases) + 1]] <<- rows(
      paste(name, kind, sep = "_"), "random", formula, "cox", paste0(options, ";", base), terms,
      unname(coef(fit)), unname(sqrt(diag(covariance))), log_likelihood = fit$loglik[2],
      null_log_likelihood = fit$loglik[1], nobs = fit$n, clusters = clusters, factor = factor)
  }
  emit("classical", "vcov=classical", vcov(fit))
  for (cluster in by) {
    frame$.by <- frame[[cluster]]
    robust <- coxph(call, frame, ties = ties, control = tight, cluster = .by)
    own <- crossprod(rowsum(residuals(fit, "dfbeta"), frame$.by))
    agree("robust variance", sqrt(diag(own)), unname(sqrt(diag(robust$var))), 1e-10)
    groups <- count_clusters(frame$.by)
    emit(paste0(cluster, "_cr0"), paste0("vcov=cr0;cluster=", cluster), robust$var, groups, 1)
    emit(paste0(cluster, "_cr1"), paste0("vcov=cr1;cluster=", cluster),
         robust$var * groups / (groups - 1), groups, groups / (groups - 1))
  }
  if (details) schoenfeld(name, formula, base, fit, frame, terms)
  invisible(fit)
}

# Residuals are written by row of random.csv; `scaled` is coefficient + events × V × residual.
schoenfeld <- function(name, formula, base, fit, frame, terms) {
  plain <- as.matrix(residuals(fit, "schoenfeld"))
  scaled <- as.matrix(residuals(fit, "scaledsch"))
  times <- as.numeric(rownames(plain))
  events <- nrow(plain)
  agree("scaled", scaled, sweep(events * plain %*% vcov(fit), 2, coef(fit), "+"), 1e-9)
  # coxph orders events by time; within a time the row is the one whose covariates minus the residual
  # give the mean that all rows of that time share.
  matrix <- unname(fit$x)
  row <- integer(events)
  for (time in unique(times)) {
    here <- which(times == time)
    there <- which(frame$time == time & frame$event == 1)
    middle <- colMeans(matrix[there, , drop = FALSE]) - colMeans(plain[here, , drop = FALSE])
    for (i in here) {
      gap <- abs(sweep(matrix[there, , drop = FALSE], 2, middle + plain[i, ]))
      best <- which.min(rowSums(gap))
      stopifnot(max(gap[best, ]) < 1e-8)
      row[i] <- frame$row[there[best]]
      there <- there[-best]
    }
  }
  residual_rows[[length(residual_rows) + 1]] <<- data.frame(
    case = name, data = "random", formula, options = base, row = rep(row, length(terms)),
    time = rep(times, length(terms)), term = rep(terms, each = events),
    schoenfeld = as.vector(plain), scaled = as.vector(scaled))
  # Two tests: R's since survival 3 (a score test) and the older one of Grambsch and Therneau from the
  # scaled residuals with the mean information, which Stata's estat phtest prints.
  for (transform in c("identity", "log", "km", "rank")) {
    new <- cox.zph(fit, transform, terms = FALSE)
    at <- unname(new$x)
    order <- match(as.numeric(new$time), times)
    centred <- at - mean(at)
    stopifnot(length(at) == events, all(as.numeric(new$time) == times))
    square <- sum(centred^2)
    each <- drop(crossprod(centred, scaled))
    old <- each^2 / (diag(vcov(fit)) * events * square)
    pull <- drop(crossprod(centred, plain))
    global <- drop(pull %*% vcov(fit) %*% pull) * events / square
    put <- function(kind, values, df) cases[[length(cases) + 1]] <<- statistics(
      paste(name, "classical", sep = "_"), "random", formula, "cox",
      paste0("vcov=classical;", base, ";transform=", transform, ";test=", kind),
      setNames(values, paste0("zph:", c(terms, "GLOBAL"))), df = df,
      p_value = pchisq(values, df, lower.tail = FALSE), log_likelihood = fit$loglik[2],
      null_log_likelihood = fit$loglik[1], nobs = fit$n)
    put("score", unname(new$table[, "chisq"]), unname(new$table[, "df"]))
    put("grambsch_therneau", c(old, global), c(rep(1, length(terms)), length(terms)))
  }
}

wide <- "~ x1 + x2 + b1 + C(f)"
both <- c("subject", "group")
add("cox_breslow", wide, "breslow", by = both, details = TRUE)
add("cox_efron", wide, "efron", by = both, details = TRUE)
add("cox_one", "~ x1", "efron", by = "group")
start <- function(frame) frame$entry == 0
add("cox_start_breslow", wide, "breslow", entry = FALSE, by = "group", keep = start)
add("cox_start_efron", wide, "efron", entry = FALSE, by = "group", keep = start)
write_rows(cases)
write_rows(residual_rows, name = "coxph_residuals")
