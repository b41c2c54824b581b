# Times of R for `multiverse.py`: Rscript multiverse.R FOLDER, which holds what write_for_r() wrote.
suppressMessages(library(sandwich))
folder <- commandArgs(TRUE)[1]
data <- read.csv(file.path(folder, "data.csv"))
seconds <- list()

fit_all <- function(name, fit, variance) {
  formulas <- lapply(readLines(file.path(folder, paste0(name, ".txt"))), as.formula)
  found <- matrix(NA, length(formulas), 2)
  start <- proc.time()[["elapsed"]]
  for (i in seq_along(formulas)) {
    model <- fit(formulas[[i]])
    found[i, ] <- c(coef(model)[["t"]], sqrt(variance(model)["t", "t"]))
  }
  seconds[[name]] <<- (proc.time()[["elapsed"]] - start) / length(formulas)
  write.table(found, file.path(folder, paste0(name, "_found.csv")), sep = ",",
              row.names = FALSE, col.names = FALSE)
}

fit_all("ols", function(f) lm(f, data), function(m) vcovCL(m, ~g, type = "HC1"))
fit_all("logit", function(f) glm(f, binomial, data),
        function(m) vcovCL(m, ~g, type = "HC0", cadjust = TRUE))

times <- as.matrix(read.csv(file.path(folder, "times.csv"), header = FALSE))
design <- as.matrix(read.csv(file.path(folder, "design.csv"), header = FALSE))
draws <- numeric(ncol(times))
start <- proc.time()[["elapsed"]]
for (i in seq_along(draws)) {
  draws[i] <- glm.fit(design, data$b, weights = times[, i], family = binomial())$coefficients[2]
}
seconds[["bootstrap"]] <- (proc.time()[["elapsed"]] - start) / length(draws)
write.table(draws, file.path(folder, "bootstrap_found.csv"), row.names = FALSE, col.names = FALSE)
write.table(data.frame(names(seconds), unlist(seconds)), file.path(folder, "seconds.csv"), sep = ",",
            row.names = FALSE, col.names = FALSE)
