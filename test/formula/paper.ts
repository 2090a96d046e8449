// A short derivation with every kind of statement, for the tests of derivation files.

export const paper = `# Typed from the paper.
title   Support Vector Guided Softmax Loss
source  arXiv 1812.11317

declare x: n d
declare w: k d
declare y: n -> k
declare s: scalar in [4, 32]        # the scale
declare q r: scalar in {1, -2, 0.5}
index   j: k

# Angles are radians.
#
# Cosines first.
section softmax: Equation (1), softmax over cosines
define  D3   c[k] = dot(unit(w[k]), unit(x))

define  (1)  L = -log(exp(s * c[y])
               / (exp(s * c[y])
                  + sum(k != y, exp(s * c[k]))))
claim   D4   d(c[k], x) = (unit(w[k]) - c[k]*unit(x)) / norm(x)
claim   (14) d(mean(n, L), w[k]) = mean(n, d(L, c[k]) * x)       # as the paper prints it
# with the Jacobian
amend        d(mean(n, L), w[k]) = mean(n, d(L, c[k]) * (unit(x) - c[k]*unit(w[k])) / norm(w[k])) # of the unit vector
number  F2a  -log(0.2) = 1.6094

section step
declare eta: scalar in [1e-3, 0.1]
index   i: k
step    A1   w' = w - eta * d(mean(n, softmax.L), w)
claim   A2   mean(n, at(softmax.L, w = w')) < mean(n, softmax.L) where eta < 0.01
  # Descent, for small steps.

# The end.
`;
