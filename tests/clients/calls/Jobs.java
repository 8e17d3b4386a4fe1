import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs calls as they are asked for: a JSON line each on standard input, and a JSON line with what became of it. */
final class Jobs {
    interface Call {
        String run(String base, String model, String text) throws Exception;
    }

    /** A response that is none of success. */
    static final class Refused extends IOException {
        final int status;

        Refused(int status, String text) {
            super(text);
            this.status = status;
        }
    }

    static void serve(Map<String, Call> calls) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line; (line = lines.readLine()) != null; ) {
            System.out.println(outcome(calls.get(word(line, "call")), line));
            System.out.flush();
        }
    }

    private static String outcome(Call call, String job) {
        int size = Integer.parseInt(word(job, "size"));
        try {
            String text = call.run(word(job, "base"), word(job, "model"), size < 3 ? "hi" : "hi ".repeat(size / 3));
            return "{\"text\":" + quoted(text) + "}";
        } catch (Exception error) {
            Integer status = error instanceof Refused ? ((Refused) error).status : null;
            String name = quoted(error.getClass().getSimpleName());
            return "{\"error\":" + name + ",\"status\":" + status + ",\"message\":" + quoted("" + error) + "}";
        }
    }

    static String judged(int status, String text) throws Refused {
        if (status != 200) {
            throw new Refused(status, text);
        }
        return text;
    }

    static String body(String model, String text, boolean stream) {
        return "{\"model\":" + quoted(model) + ",\"input\":" + quoted(text) + (stream ? ",\"stream\":true}" : "}");
    }

    /** The member of a flat object whose words have no escapes. */
    private static String word(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\": ?\"?([^\",}]*)").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : text.toCharArray()) {
            if (one == '"' || one == '\\' || one < ' ') {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        return out.append('"').toString();
    }
}
