# Log-likelihoods of counts that take complex arguments (for complex-step derivatives).

# Returns a function of the logarithm of the mean and ln α, giving each row's NB2 log-likelihood.
# lgamma(y + θ) − lgamma(θ) is the sum of log(θ + j), j < y, here as Σ log(1 + αj) − y ln α.
negbin <- function(y) {
  many <- max(y) > 2000
  steps <- 0:max(y, 1)
  constant <- lgamma(y + 1)
  function(log_mean, log_alpha) {
    alpha <- exp(log_alpha + 0i)
    if (many) {
      # Written so that large counts do not cancel.
      return(complex_lgamma(y + 1 / alpha) - complex_lgamma(1 / alpha) - constant -
               y * log(1 + exp(-log_alpha - log_mean)) - log(1 + alpha * exp(log_mean)) / alpha)
    }
    rising <- c(0, cumsum(log(1 + alpha * steps)))[y + 1]
    rising - constant + y * log_mean - (y + 1 / alpha) * log(1 + alpha * exp(log_mean))
  }
}

# Stirling's series at z + 20, and the recursion down; Re z > 0.
complex_lgamma <- function(z) {
  far <- z + 20
  powers <- c(1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
  series <- Reduce(`+`, Map(function(b, k) b / far^(2 * k - 1), powers, seq_along(powers)))
  (far - 0.5) * log(far) - far + log(2 * pi) / 2 + series -
    Reduce(`+`, lapply(0:19, function(j) log(z + j)))
}
local({
  z <- c(0.1, 3.7, 900)
  stopifnot(abs(Re(complex_lgamma(z + 0i)) / lgamma(z) - 1) < 1e-13)
})

poisson_counts <- function(y) {
  constant <- lgamma(y + 1)
  function(log_mean, log_alpha = NULL) y * log_mean - exp(log_mean) - constant
}

# Inverse of an information matrix whose parameters differ in size.
solve_scaled <- function(information) {
  size <- sqrt(diag(information))
  solve(information / outer(size, size)) / outer(size, size)
}
