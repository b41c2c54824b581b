# CR2 (Bell and McCaffrey's bias-reduced linearisation) with Satterthwaite degrees of freedom:
# clubSandwich for lm and logit; estimatr::lm_robust as a second witness for lm without weights.
# The working model is the default of clubSandwich: independent errors of one variance for lm (also
# with weights), the binomial variance for logit.
source("tests/r/shared/common.R")
suppressPackageStartupMessages({
  library(clubSandwich)
  library(estimatr)
})

tight <- glm.control(epsilon = 1e-15, maxit = 200)
cases <- list()
add <- function(name, formula, data, family, by, weights = NULL, keep = NULL) {
  frame <- datasets[[data]]
  call <- r_formula(formula)
  environment(call) <- environment()
  if (!is.null(weights)) frame$.w <- frame[[weights]]
  start <- NULL
  if (family == "logit") start <- coef(glm(call, binomial, frame, control = tight))
  fit <- if (family == "logit") glm(call, binomial, frame, start = start, control = tight) else
    if (is.null(weights)) lm(call, frame) else lm(call, frame, weights = .w)
  covariance <- vcovCR(fit, cluster = frame[[by]], type = "CR2")
  chosen <- keep %||% r_names(names(coef(fit)))
  select <- match(chosen, r_names(names(coef(fit))))
  test <- coef_test(fit, vcov = covariance, test = "Satterthwaite", coefs = select)
  df <- if ("df_Satt" %in% names(test)) test$df_Satt else test$df
  p <- if ("p_Satt" %in% names(test)) test$p_Satt else test$p_val
  if (family == "ols" && is.null(weights)) {
    frame$.by <- frame[[by]]
    other <- lm_robust(call, frame, clusters = .by, se_type = "CR2")
    agree("estimatr std_error", test$SE, other$std.error[select], 1e-8)
    agree("estimatr df", df, other$df[select], 1e-6)
  }
  cases[[length(cases) + 1]] <<- rows(
    name, data, formula, family,
    paste0("vcov=cr2;cluster=", by, if (!is.null(weights)) paste0(";weights=", weights),
           if (!is.null(keep)) ";terms=some"),
    chosen, unname(coef(fit))[select], test$SE, df = df,
    log_likelihood = as.numeric(logLik(fit)), clusters = count_clusters(frame[[by]]))
  agree("p values", tail(cases, 1)[[1]]$p_value, p, 1e-8)
}

wide <- "x1 + x2 + b1 + C(f)"
real <- "strength_per_100k + shortfall + task_count + chapter_vii + log_deaths_before"
add("ols", paste("y ~", wide), "random", "ols", "group")
add("ols_treated", "y ~ t1 + x1 + b1", "random", "ols", "group")
add("ols_few_clusters", "y ~ x1 + b1", "random", "ols", "group2")
add("ols_weights", paste("y ~", wide), "random", "ols", "group", weights = "w")
add("ols_fixed_effects", "y ~ x1 + b1 + C(group)", "random", "ols", "group", keep = c("x1", "b1"))
add("ols_panel", paste("partner_count ~", real), "panel", "ols", "family")
add("logit", paste("yb ~", wide), "random", "logit", "group")
add("logit_treated", "yb ~ t1 + x1 + b1", "random", "logit", "group")
add("logit_panel", paste("violence_abatement ~", real), "panel", "logit", "family")
write_rows(cases)
