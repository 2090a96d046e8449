// From nothing to one gradient: what a process pays before anything is learnt. `node first-gradient.mjs ENGINE`.

const first = {
  nothing: () => 0,
  marginalia: async () => {
    const { grad, mul, sum, tensor } = await import('../../../dist/index.js');
    return grad((x) => sum(mul(x, x)))(tensor([1, 2])).data[1];
  },
  'jax-js': async () => {
    const { defaultDevice, grad, init, numpy } = await import('@jax-js/jax');
    await init('wasm');
    defaultDevice('wasm');
    return (await grad((x) => x.ref.mul(x).sum())(numpy.array([1, 2])).data())[1];
  },
  'tfjs cpu': async () => {
    console.log = () => undefined;
    const tf = (await import('@tensorflow/tfjs')).default;
    await tf.setBackend('cpu');
    return tf.grad((x) => tf.sum(tf.mul(x, x)))(tf.tensor1d([1, 2])).dataSync()[1];
  },
  'js-pytorch': async () => {
    const { torch } = await import('js-pytorch');
    const x = torch.tensor([1, 2], true);
    torch.mul(x, x).sum().backward();
    return x.grad[1];
  },
};

const slope = await first[process.argv[2]]();
if (process.argv[2] !== 'nothing' && slope !== 4) throw new Error(`the slope of x² at 2 came out as ${slope}`);
