// ssh2 of npm as a program: `node ssh2_client.mjs FOLDER JOB`; ssh2 is installed in FOLDER.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import { Duplex } from "node:stream";

const { Client } = createRequire(process.argv[2] + "/")("ssh2");
const job = JSON.parse(process.argv[3]);
const client = new Client();

function end(status) {
  client.end();
  process.exitCode = status;
}

function fail(error) {
  process.stderr.write(`${error.message} ${error.reason ?? ""}\n`);
  end(255);
}

function run(stream) {
  stream.pipe(process.stdout);
  stream.stderr.pipe(process.stderr);
  stream.on("close", (status) => end(status ?? 0));
}

const jobs = {
  exec: () => client.exec(job.command, (error, stream) => {
    if (error) return fail(error);
    process.stdin.pipe(stream);
    run(stream);
  }),
  sign_in: () => jobs.exec(),
  shell: () => client.shell({ term: "xterm", cols: 91, rows: 33 }, (error, stream) => {
    if (error) return fail(error);
    run(stream);
    stream.write(job.command);
  }),
  shared: async () => {
    const one = (number) => new Promise((done, no) => client.exec(`exit ${number}`, (error, stream) =>
      error ? no(error) : stream.on("exit", done).resume()));
    console.log(JSON.stringify(await Promise.all([0, 1, 2, 3, 4].map(one))).replaceAll(",", ", "));
    end(0);
  },
  put: () => client.sftp((error, sftp) => {
    if (error) return fail(error);
    sftp.fastPut(job.local, job.remote, (bad) => bad ? fail(bad) : end(0));
  }),
  get: () => client.sftp((error, sftp) => {
    if (error) return fail(error);
    sftp.fastGet(job.remote, job.local, (bad) => bad ? fail(bad) : end(0));
  }),
  stdio: () => client.forwardOut("127.0.0.1", 1, "127.0.0.1", job.to, (error, stream) => {
    if (error) return fail(error);
    process.stdin.pipe(stream).pipe(process.stdout);
    stream.on("close", () => end(0));
  }),
  listen: () => {
    client.on("tcp connection", (_info, accept) => {
      const here = net.connect({ port: job.to, host: "127.0.0.1", allowHalfOpen: true });
      const stream = accept();
      stream.pipe(here).pipe(stream);
    });
    client.forwardIn("localhost", 0, (error, port) => error ? fail(error) : console.log(port));
  },
  agent: () => client.exec(job.command, { agentForward: true }, (error, stream) =>
    error ? fail(error) : run(stream)),
};

const options = { username: job.user, readyTimeout: 30000, agent: process.env.SSH_AUTH_SOCK };
if (job.proxy) {
  const proxy = spawn("/bin/sh", ["-c", job.proxy], { stdio: ["pipe", "pipe", "inherit"] });
  options.sock = Duplex.from({ readable: proxy.stdout, writable: proxy.stdin });
  options.authHandler = ["none"];
} else {
  options.host = "127.0.0.1";
  options.port = job.port;
  options.tryKeyboard = true;
  options.authHandler = ["keyboard-interactive"];
}
options.hostVerifier = (key) => key.toString("base64") === job.host_key.split(" ")[1];
client.on("keyboard-interactive", (title, words, _language, prompts, answer) => {
  console.log(title, words);
  answer(prompts.map(() => ""));
});
client.on("ready", () => jobs[job.do]());
client.on("error", fail);
client.connect(options);
