// Runs the main methods of Kafka's command-line tools, one after the other, in one JVM: starting one
// for each call would take most of the time of the tests.
//
// A line on standard input is a call: words in base64, separated by spaces: file for standard input
// ("" for none), file for standard output, file for standard error, main class, arguments. When the
// tool is through, its exit code goes out as a line. The tools end through Kafka's own Exit, which is
// told here to throw instead: what they still say or ask on the way out does not count. Their shutdown
// hooks, which close the clients of some, run when the main method is through. The standard streams
// are set once and switched beneath, since Scala's println keeps the first it sees.

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

public final class Tools {
    private static final class Exited extends RuntimeException {
        private static final long serialVersionUID = 1;

        Exited() {
            super("exit", null, false, false);
        }
    }

    private static final class Switch extends OutputStream {
        private OutputStream target = OutputStream.nullOutputStream();

        synchronized void to(OutputStream next) throws IOException {
            target.close();
            target = next;
        }

        @Override
        public synchronized void write(int one) throws IOException {
            target.write(one);
        }

        @Override
        public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
            target.write(bytes, offset, length);
        }
    }

    private static final Switch OUT = new Switch();
    private static final Switch ERR = new Switch();
    private static final List<Runnable> HOOKS = new ArrayList<>();
    private static final long HOOK_MS_MAX = 5000;
    private static Integer exitCode;

    private static void silence() throws IOException {
        System.out.flush();
        OUT.to(OutputStream.nullOutputStream());
        ERR.to(OutputStream.nullOutputStream());
    }

    private static synchronized void exit(int code) {
        try {
            silence();
        } catch (IOException broken) {
            code = 254;
        }
        if (exitCode == null) {
            exitCode = code;
        }
        throw new Exited();
    }

    public static void main(String[] unused) throws Exception {
        PrintStream answers = System.out;
        BufferedReader calls = new BufferedReader(new InputStreamReader(System.in));
        System.setOut(new PrintStream(OUT));
        System.setErr(new PrintStream(ERR, true));
        Exit.setExitProcedure((code, message) -> exit(code));
        Exit.setHaltProcedure((code, message) -> exit(code));
        Exit.setShutdownHookAdder((name, hook) -> HOOKS.add(hook));
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            String[] words = Arrays.stream(line.split(" ", -1))
                    .map(word -> new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8))
                    .toArray(String[]::new);
            answers.println(call(words));
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static int call(String[] words) throws Exception {
        InputStream in = words[0].isEmpty()
                ? new ByteArrayInputStream(new byte[0]) : new FileInputStream(words[0]);
        try (in) {
            System.setIn(in);
            OUT.to(new BufferedOutputStream(new FileOutputStream(words[1])));
            ERR.to(new FileOutputStream(words[2]));
            exitCode = null;
            run(words[3], Arrays.copyOfRange(words, 4, words.length));
            return exitCode == null ? 0 : exitCode;
        } finally {
            silence();
            runHooks();
        }
    }

    private static void runHooks() throws InterruptedException {
        for (Runnable hook : HOOKS) {
            Thread thread = new Thread(hook);
            thread.setDaemon(true);
            thread.start();
            thread.join(HOOK_MS_MAX);
        }
        HOOKS.clear();
    }

    private static void run(String tool, String[] arguments) throws Exception {
        try {
            Class.forName(tool).getMethod("main", String[].class)
                    .invoke(null, (Object) arguments);
        } catch (InvocationTargetException thrown) {
            if (exitCode == null) {
                thrown.getCause().printStackTrace();
                exitCode = 255;
            }
        }
    }
}
