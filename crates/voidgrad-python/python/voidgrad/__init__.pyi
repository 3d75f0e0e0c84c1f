# Written by stubs.py: do not edit.
from typing import Optional

from . import distributions as distributions
from . import variance as variance
from ._estimator import Estimator as Estimator
from ._estimator import estimator as estimator
from ._estimator import set_threads as set_threads
from ._own import own_control as own_control
from ._voidgrad import Asked as Asked
from ._voidgrad import __version__ as __version__
from ._voidgrad import get_threads as get_threads

def table() -> str:
    """The estimators as text, one row for each."""

class Reinforce(Estimator):
    """REINFORCE: ĝ = (f(b) - c)·∂/∂a ln p(b).

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Williams 1992, equation 6.
    Parameters: the constant c, 0 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'gaussian', 'subset', 'chain', 'plackett-luce', 'poisson', 'geometric', 'binomial'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
        baseline: the constant c
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None, baseline: float = 0.0) -> None: ...

class ReinforceEma(Estimator):
    """REINFORCE, moving average: ĝ = (f(b) - c)·∂/∂a ln p(b), c a moving average of f.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Mnih and Gregor 2014, section 3.2.
    Parameters: the decay of the average, 0.99 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'gaussian', 'subset', 'chain', 'plackett-luce', 'poisson', 'geometric', 'binomial'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class ReinforceOptimal(Estimator):
    """REINFORCE, optimal baselines: ĝ_m = (f(b) - c_m)·s_m, c_m moving averages of f·s_m² over s_m², s = ∂/∂a ln p(b).

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Greensmith, Bartlett and Baxter 2004, theorem 8; Peters and Schaal 2008, section 3.2.
    Parameters: the decay of the averages, 0.99 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'gaussian', 'subset', 'chain', 'plackett-luce', 'poisson', 'geometric', 'binomial'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class Rloo(Estimator):
    """RLOO: ĝ = 1/K Σ_k (f(b_k) - mean of the other f)·∂/∂a ln p(b_k).

    unbiased; evaluations of f for each row: K; needs f.
    Source: Kool, van Hoof and Welling 2019, equation 8.
    Parameters: K ≥ 2, 2 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'gaussian', 'subset', 'chain', 'plackett-luce', 'poisson', 'geometric', 'binomial'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None, samples: Optional[int] = None) -> None: ...

class Arm(Estimator):
    """ARM: ĝ = (f(b) - f(b'))·(u - ½), b of u and b' of 1 - u.

    unbiased; evaluations of f for each row: 2; needs f.
    Source: Yin and Zhou 2019, theorem 1.

    Arguments:
        distribution: 'bernoulli'; the first unless given
    """

    def __init__(self, distribution: str = 'bernoulli') -> None: ...

class Disarm(Estimator):
    """DisARM: ĝ = ½·(f(b) - f(b'))·(b - b')·σ(|a|), b of u and b' of 1 - u, the mean of K/2 pairs; categorical: of bits that draw the state one after the other.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Dong, Mnih and Tucker 2020, section 3; U2G of Yin et al. 2020; categorical: Dong, Mnih and Tucker 2021.
    Parameters: K, even, 2 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None) -> None: ...

class Arms(Estimator):
    """ARMS: RLOO of K samples with pairwise correlation ρ, divided by 1 - ρ; Dirichlet copula; categorical: 1/(K(K-1)) Σ_{k<l} R·(f(b_k) - f(b_l))·(b_k - b_l), R: how much rarer the pair is than with independent samples.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Dimitriev and Zhou 2021, ARMS; categorical: CARMS of the same year.
    Parameters: K ≥ 2, 2 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None) -> None: ...

class DoubleCv(Estimator):
    """Double CV: RLOO of f(b_k) + α·d_kᵀ(b_k - θ), less α·d_k·θ(1 - θ); d_k: mean of the other ∇f(b_j).

    unbiased; evaluations of f for each row: K; needs f and ∇f: tell(values, gradients).
    Source: Titsias and Shi 2022, section 3; α: Geffner and Domke 2018.
    Parameters: K ≥ 2, 2 unless given; α is learned, with a decay of 0.999 unless given.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class Rodeo(Estimator):
    """RODEO: RLOO + Σ_i w_i·(A h_i), A: the Gibbs operator, in the baselines and times the score; h: t and |t|, t = ∇f(b_j)ᵀ(b - b_j) of the other samples.

    unbiased; evaluations of f for each row: K; needs f and ∇f: tell(values, gradients).
    Source: Shi et al. 2022, section 4; weights: Geffner and Domke 2018.
    Parameters: K ≥ 2, 2 unless given; weights are learned, with a decay of 0.999 unless given.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class Mixed(Estimator):
    """mixed controls: RLOO + Σ_i w_i·h_i, the mean of each h_i being 0: a baseline and an additive model of f, both of earlier rounds.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Geffner and Domke 2018.
    Parameters: K, 2 unless given; weights and models are learned, with a decay of 0.99 unless given.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class Muprop(Estimator):
    """MuProp: ĝ = (f(b) - f(θ) - ∇f(θ)ᵀ(b - θ))·(b - θ) + ∇f(θ)·θ(1 - θ).

    unbiased; evaluations of f for each row: 2; needs f and ∇f: tell(values, gradients).
    Source: Gu et al. 2016, equation 4.

    Arguments:
        distribution: 'bernoulli'; the first unless given
    """

    def __init__(self, distribution: str = 'bernoulli') -> None: ...

class LocalExpectation(Estimator):
    """local expectation gradients: ĝ_m = (f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m).

    unbiased; evaluations of f for each row: M + 1; needs f.
    Source: Titsias and Lázaro-Gredilla 2015, equation 6.

    Arguments:
        distribution: 'bernoulli'; the first unless given
    """

    def __init__(self, distribution: str = 'bernoulli') -> None: ...

class BitFlip(Estimator):
    """BitFlip: ĝ_m = M/(K - 1)·(f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m) for K - 1 random variables, 0 for the others.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Kunes et al. 2023, section 3.
    Parameters: K ≥ 2, 2 unless given; at most M + 1.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None) -> None: ...

class Enumerate(Estimator):
    """enumeration: ĝ_m = θ_m(1 - θ_m)·(E[f|b_m = 1] - E[f|b_m = 0]), by the sum over all states; categorical, Kᴹ states: ĝ_mk = θ_mk·(E[f|b_m = k] - Σ_j θ_mj·E[f|b_m = j]); k-subsets, C(n, k) of them: ĝ_m = Σ_b p(b)·f(b)·(b_m - θ_m); chains and rankings, K^T and n!/(n - k)! of them: ĝ = Σ_b p(b)·f(b)·∂ln p(b)/∂a.

    unbiased; evaluations of f for each row: 2^M; needs f.
    Source: the definition.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'subset', 'chain', 'plackett-luce'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None) -> None: ...

class Rebar(Estimator):
    """REBAR: c(z) = η·f(σ(z/λ)); categorical: c(z) = η·f(softmax(z/λ)); f and ∇f at z and z̃ are asked for.

    unbiased; evaluations of f for each row: 3; needs f and ∇f: tell(values, gradients).
    Source: Tucker et al. 2017, equation 5.
    Parameters: λ; η at the start, then learned, with a decay of 0.999 unless given.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
        eta: η, the scale of the control, at its beginning
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, eta: float = 1.0, target: Optional[float] = None, decay: Optional[float] = None, learning_rate: float = 0.01) -> None: ...

class RebarCoupled(Estimator):
    """REBAR, coupled noise: c(z) = η·f(σ(z/λ)), z̃ = z.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Tucker et al. 2017, equation 5 and appendix C.
    Parameters: as those of rebar, trained on the variance.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        temperature: the temperature λ
        eta: η, the scale of the control, at its beginning
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, eta: float = 1.0, target: Optional[float] = None, learning_rate: float = 0.01) -> None: ...

class Relax(Estimator):
    """RELAX: c(z) = η·f(σ(z/λ)) + r(z), r: one layer of 10 tanh over all of z; categorical: c(z) = η·f(softmax(z/λ)) + r(z); f and ∇f at z and z̃ are asked for.

    unbiased; evaluations of f for each row: 3; needs f and ∇f: tell(values, gradients).
    Source: Grathwohl et al. 2018, equation 8.
    Parameters: λ; η at the start, then learned, with a decay of 0.999 unless given; the weights of 10 units, trained on the variance.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
        eta: η, the scale of the control, at its beginning
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, eta: float = 1.0, target: Optional[float] = None, decay: Optional[float] = None, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class RelaxLinear(Estimator):
    """RELAX, linear output: c(z) = η·f(σ(z/λ)) + r(z), r: 1-5-5-1, no ReLU after the last layer.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Grathwohl et al. 2018, equation 8, with a network of 46 weights.
    Parameters: η (1 for the toy), λ and 46 weights, trained on the variance.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        temperature: the temperature λ
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, target: Optional[float] = None, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class RelaxBasis(Estimator):
    """RELAX, linear basis: c(z) = w₀ + Σ_i w_i·tanh((z - c_i)/2), c = -4, -2, 0, 2, 4.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Grathwohl et al. 2018, equation 8, with another c.
    Parameters: six weights, trained on the variance.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, learning_rate: float = 0.01) -> None: ...

class RelaxCoupled(Estimator):
    """RELAX, coupled noise: c(z) = η·f(σ(z/λ)) + r(z) as in relax-linear, z̃ = z.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Grathwohl et al. 2018, equation 8; Tucker et al. 2017, appendix C.
    Parameters: η (1 for the toy), λ and 46 weights, trained on the variance.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        temperature: the temperature λ
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, target: Optional[float] = None, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class RelaxLoo(Estimator):
    """RELAX, leave-one-out: RELAX of K samples, f(b_k) - c(z̃_k) less the mean of the others; c as in relax-linear.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Grathwohl et al. 2018, equation 8; Kool, van Hoof and Welling 2019.
    Parameters: K ≥ 2, 2 unless given; η (1 for the toy), λ and 46 weights, trained on the variance.

    Arguments:
        distribution: 'bernoulli'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
        temperature: the temperature λ
        target: t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, samples: Optional[int] = None, temperature: float = 0.5, target: Optional[float] = None, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class RelaxPerceptron(Estimator):
    """RELAX of a black box: c(z) = r(z), r: one layer of 10 tanh over all of z.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Grathwohl et al. 2018, equation 8, with c as in section 3.1.
    Parameters: the weights of 10 units, trained on the variance.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'bernoulli', *, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class Auto(Estimator):
    """automatic choice: ĝ of the candidate with the least √E‖ĝ‖² × evaluations in earlier rounds.

    unbiased; evaluations of f for each row: varies; needs f.
    Source: none, the rule is this library's.
    Parameters: K, those that have a choice with K each; unless given, local-expectation up to M = 15, and disarm, rloo, reinforce-ema, reinforce-optimal.

    Arguments:
        distribution: 'bernoulli', 'categorical', 'gaussian', 'subset', 'chain', 'plackett-luce', 'poisson', 'geometric', 'binomial'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
        decay: the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given
    """

    def __init__(self, distribution: str = 'bernoulli', *, size: Optional[int] = None, samples: Optional[int] = None, decay: Optional[float] = None) -> None: ...

class StraightThrough(Estimator):
    """straight-through: ĝ = ∇f(b)·θ(1 - θ); categorical: ĝ_k = θ_k·(∇f_k - Σ_j θ_j ∇f_j).

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Bengio, Léonard and Courville 2013, section 4.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
    """

    def __init__(self, distribution: str = 'bernoulli') -> None: ...

class Gumbel(Estimator):
    """Concrete: ĝ = ∇f(x)·x(1 - x)/λ, x = σ(z/λ); categorical: ĝ_k = x_k·(∇f_k - Σ_j x_j ∇f_j)/λ, x = softmax(z/λ).

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Maddison, Mnih and Teh 2017, section 3.3; Jang, Gu and Poole 2017.
    Parameters: the temperature λ.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5) -> None: ...

class Reinmax(Estimator):
    """ReinMax: ĝ = ½·∇f(b)·|b - θ|; categorical, in state k: ĝ_i = ½·θ_i·(∇f_i - ∇f_k), and ĝ_k is minus their sum.

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Liu et al. 2023, section 3.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
    """

    def __init__(self, distribution: str = 'bernoulli') -> None: ...

class ReinmaxRao(Estimator):
    """ReinMax-Rao: ĝ = 2·E[J(softmax(z̃/λ))]·∇f(b)/λ - ½·J(θ)·∇f(b), the mean over 10 draws of z̃ around ln((θ + b)/2) with its largest entry at the drawn state; J(π) = diag(π) - π·πᵀ.

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Wang and Bui 2026; Paulus, Maddison and Krause 2021.
    Parameters: the temperature λ.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5) -> None: ...

class ReinmaxCv(Estimator):
    """ReinMax-CV: ĝ = ReinMax + η·(E[J(softmax(z̃/λ))] - J(softmax(z/λ)))·∇f(b)/λ, z around ln((θ + b)/2), and the mean over 10 draws z̃ of it with the largest entry at the drawn state.

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Wang and Bui 2026, equation 18.
    Parameters: the temperature λ and the coefficient η.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
        eta: η, the scale of the control, at its beginning
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5, eta: float = 1.0) -> None: ...

class GappedStraightThrough(Estimator):
    """gapped straight-through: ĝ_i = x_i·(∇f_i - Σ_j x_j ∇f_j)/τ at b, x = softmax(ã/τ); ã: the logits, with that of the drawn state raised to the largest, and the others at least 1 below it.

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Fan et al. 2022, section 4.
    Parameters: the temperature τ.

    Arguments:
        distribution: 'bernoulli', 'categorical'; the first unless given
        temperature: the temperature λ
    """

    def __init__(self, distribution: str = 'bernoulli', *, temperature: float = 0.5) -> None: ...

class UnorderedSet(Estimator):
    """unordered set: ĝ = Σ_s w_s·(f(s) - Σ_t w_st·f(t))·∂/∂a ln p(s) over K different states, w_s the probability that s was drawn first, given the set.

    unbiased; evaluations of f for each row: K; needs f.
    Source: Kool, van Hoof and Welling 2020, section 4.
    Parameters: K from 2 to 16, 2 unless given; no more than there are states.

    Arguments:
        distribution: 'categorical'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'categorical', *, samples: Optional[int] = None) -> None: ...

class RaoBlackwell(Estimator):
    """Rao-Blackwellisation: ĝ = Σ_s p(s)·(f(s) - c)·∂/∂a ln p(s) over the K - 1 most probable states + (1 - Σ_s p(s))·(f(b) - c)·∂/∂a ln p(b), b one of the others, c the mean of f(s).

    unbiased; evaluations of f for each row: K; needs f.
    Source: Liu et al. 2019, section 3.
    Parameters: K ≥ 2, 2 unless given; no more than there are states.

    Arguments:
        distribution: 'categorical'; the first unless given
        samples: K, the number of evaluations of f for each row; the least that makes sense unless given
    """

    def __init__(self, distribution: str = 'categorical', *, samples: Optional[int] = None) -> None: ...

class MeasureValued(Estimator):
    """measure-valued derivatives: ∂/∂μ_m: ĝ = (f(x_m = μ_m + σ_m·W) - f(x_m = μ_m - σ_m·W))/(σ_m·√(2π)); ∂/∂ln σ_m: ĝ = f(x_m = μ_m + σ_m·D) - f(x_m = μ_m + σ_m·N); W: Rayleigh, D: double-sided Maxwell, N: normal.

    unbiased; evaluations of f for each row: 4M; needs f.
    Source: Mohamed et al. 2020, section 6.

    Arguments:
        distribution: 'gaussian'; the first unless given
    """

    def __init__(self, distribution: str = 'gaussian') -> None: ...

class Lax(Estimator):
    """LAX: ĝ = (f(x) - c(x))·∂/∂θ ln p(x) + ∂/∂θ c(x(ε)), x = μ + σε, c: one layer of 10 tanh over all of x.

    unbiased; evaluations of f for each row: 1; needs f.
    Source: Grathwohl et al. 2018, equation 7.
    Parameters: 10·(M + 2) + 1 weights, trained on the variance.

    Arguments:
        distribution: 'gaussian'; the first unless given
        draw: the seed that the control's weights are drawn with
        learning_rate: of Adam, which trains the control on the variance in each `tell`; 0 to hold it
    """

    def __init__(self, distribution: str = 'gaussian', *, draw: int = 0, learning_rate: float = 0.01) -> None: ...

class Simple(Estimator):
    """SIMPLE: ĝ = ∂θ/∂a·∇f(b), θ the marginals.

    BIASED; evaluations of f for each row: 1; needs f and ∇f: tell(values, gradients).
    Source: Ahmed et al. 2023, section 3.

    Arguments:
        distribution: 'subset'; the first unless given
        size: of the distribution, for "subset" k of the M elements, for "plackett-luce" k places, for "chain" T places, for "binomial" n trials
    """

    def __init__(self, distribution: str = 'subset', *, size: Optional[int] = None) -> None: ...
